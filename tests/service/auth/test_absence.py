"""Absences: who can stand in for whom, when, and who is reached in the end."""

from datetime import UTC, date, datetime

import pytest

from app.auth import services_absence as absences
from app.auth.queries_absence import find_stand_ins, list_covered
from app.auth.services import disable_user
from app.auth.services_absence import end_absence, set_absence
from app.db.unit_of_work import unit_of_work
from tests.factories import ACTOR, make_user

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
TODAY = NOW.date()


@pytest.fixture
def people(app):
    make_user(app, "admin")
    return [make_user(app, "clerk") for _ in range(3)]


def away(person, stand_in, first=22, last=27):
    with unit_of_work():
        days = {"first_day": date(2026, 11, first), "last_day": date(2026, 11, last)}
        return set_absence(person, stand_in, **days, today=TODAY, actor=ACTOR, now=NOW).id


@pytest.mark.parametrize(
    ("person", "stand_in", "days", "refusal", "field"),
    [
        (0, 0, (23, 24), absences.OwnStandIn, "stand_in_id"),
        (0, 1, (24, 23), absences.DaysWrong, "last_day"),
        (0, 1, (20, 21), absences.DaysWrong, "last_day"),
        (2, 1, (27, 30), absences.AwayAlready, "first_day"),
        (0, 2, (23, 24), absences.StandInAway, "stand_in_id"),
    ],
    ids=["oneself", "backwards", "over", "twice", "away too"],
)
def test_an_absence_that_cannot_be_is_refused_at_its_field(people, person, stand_in, days, refusal, field):
    away(people[2], people[1])
    with pytest.raises(refusal) as refused:
        away(people[person], people[stand_in], *days)
    assert refused.value.field == field
    assert find_stand_ins(people, TODAY) == {people[2]: people[1]}


def test_a_stand_in_who_leaves_or_falls_ill_hands_on_or_back(people):
    ada, ben, cleo = people
    away(ada, ben)
    away(ben, cleo, 22, 22)
    assert find_stand_ins(people, TODAY) == {ada: cleo, ben: cleo}
    assert [user.id for user in list_covered(cleo, TODAY)] == [ada, ben]
    with unit_of_work():
        disable_user(cleo, actor=ACTOR, now=NOW)
    assert find_stand_ins(people, TODAY) == {ada: ben}


def test_a_circle_of_absences_reaches_everybody_themselves(people):
    ada, ben, _cleo = people
    away(ada, ben)
    with unit_of_work() as current:
        current.add(
            absences.Absence(
                user_id=ben, stand_in_id=ada, first_day=TODAY, last_day=TODAY, set_by=ACTOR, set_at=NOW
            )
        )  # fmt: skip
    assert find_stand_ins(people, TODAY) == {}


def test_an_absence_is_taken_back_once_and_only_by_its_owner(people):
    ada, ben, _cleo = people
    absence_id = away(ada, ben)
    for user_id in (ben, ada, ada):
        works = user_id == ada and bool(find_stand_ins([ada], TODAY))
        if works:
            with unit_of_work():
                end_absence(absence_id, user_id=user_id, today=TODAY, actor=ACTOR, now=NOW)
        else:
            with pytest.raises(absences.AbsenceUnknown), unit_of_work():
                end_absence(absence_id, user_id=user_id, today=TODAY, actor=ACTOR, now=NOW)
    assert find_stand_ins(people, TODAY) == {}
