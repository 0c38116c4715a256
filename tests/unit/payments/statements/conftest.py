"""Other people's bank files are no part of the project: where they are not, their test is none either."""

from campaign.bank_corpus import CORPUS

collect_ignore = [] if (CORPUS / "MANIFEST.md").is_file() else ["test_corpus.py"]
