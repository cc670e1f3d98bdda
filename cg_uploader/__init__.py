"""CG Uploader puts the rows of a spreadsheet into CustomerGauge and says what became of each one.

A plan goes in, outcomes come out.  The window and the command line differ only in how they build the plan and show the
outcomes::

    file → sheets.reader → Table → fields.matching, fields.checks → Plan → uploads.sending ⇄ api.client → Outcome
                                                                              ↓
                                                       uploads.journal (committed, then announced) → report, file of failed rows

``model`` has the nouns and ``errors`` the failures of a run.  Everything else may import these two.  ``sheets``, ``fields``,
``api`` and ``settings`` do not import each other.  ``uploads`` imports them all.  ``gui`` and ``cli`` stand on top and hold no
logic of their own.  PySide6 is imported below ``gui`` alone.  ``practice`` is a pretend CustomerGauge on this computer.  It
shares nothing with ``api``, so that a mistake in one cannot hide one in the other.
"""

__version__ = "0.1.0"
