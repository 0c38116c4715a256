"""Knows the words that are guessed first, with or without digits around them: lower case, letters and digits only."""

from __future__ import annotations

_WORDS = """
admin administrator adminadmin changeme default demo guest hello welcome letmein login master access
password passwort passwords motdepasse contrasena senha haslo wachtwoord kennwort geheim secret supersecret topsecret
mypassword newpassword yourpassword thepassword testpassword adminpassword userpassword rootpassword
passwordpassword password1234 p4ssword pa55word passw0rd p455w0rd pssword
qwerty qwertyuiop qwertyui qwertz qwertzuiop asdfghjkl asdfasdf zxcvbnm qazwsx qazwsxedc onetwothree
iloveyou iloveu loveyou lovelove mylove princess sunshine rainbow butterfly chocolate flower
football baseball basketball hockey soccer liverpool arsenal chelsea barcelona juventus manchester realmadrid
dragon monkey tiger eagle falcon phoenix unicorn shadow hunter ranger killer warrior ninja samurai
superman batman spiderman ironman starwars startrek pokemon pikachu naruto minecraft fortnite
michael jennifer jessica daniel thomas charlie jordan george andrew robert william ashley michelle nicole
summer winter spring autumn january february march april may june july august september october november december
monday tuesday wednesday thursday friday saturday sunday
company business office invoice invoices finance accounting bookkeeping manager director tillpaid
trustno1 whatever freedom internet computer samsung google facebook apple microsoft windows linux
correcthorsebatterystaple thequickbrownfox abcabc abcdef abcdefgh aaaaaa test testtest testing tester
password123 welcome123 admin123 letmein123 changeit changethis pleasechange changemenow
"""

COMMON_PASSWORDS: frozenset[str] = frozenset(_WORDS.split())
