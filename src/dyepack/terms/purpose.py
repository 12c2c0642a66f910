"""Legal purposes (处理目的): a closed list, with the term of the Data Privacy Vocabulary each maps to."""

from enum import StrEnum


class Purpose(StrEnum):
    """A purpose that an act may declare. The value is the wire word."""

    INTAKE = "intake"
    VISIT = "visit"
    CONSULT = "consult"
    FOLLOW_UP = "follow_up"
    APPLICATION = "application"
    STATISTICS = "statistics"
    SUPERVISE = "supervise"
    APPROVE = "approve"
    CASE = "case"
    LEAK_TRACE = "leak_trace"
    SUBJECT_REQUEST = "subject_request"
