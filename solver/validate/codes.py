"""The codes a fault may carry: what each means and what to do. Held equal to `docs/errors.md` by a test."""

from enum import Enum


class FaultCode(Enum):
    """One value per way a document can be wrong: meaning, remedy. The name is the stable code."""

    def __init__(self, meaning: str, remedy: str) -> None:
        self.meaning = meaning
        self.remedy = remedy

    # The text.
    UNREADABLE_JSON = ("the text is not JSON, or nests too deep to be read", "send well-formed JSON in UTF-8")
    DUPLICATE_KEY = ("one object has the same key twice", "keep one of the two")
    WRONG_FORMAT = ("`format` names another kind of document", "send the kind that is read here")
    WRONG_VERSION = ("`version` is not one that is read here", "write the version the contract describes")
    # The shape.
    MISSING_FIELD = ("a field without a default is not there", "add the field")
    UNKNOWN_FIELD = ("a field that the contract does not know", "correct the name or remove the field")
    WRONG_TYPE = (
        'a value of another type; true, 1.0 and "1" are no whole numbers',
        "give the type named",
    )
    NOT_A_NUMBER = ("NaN or infinity stands where a number belongs", "give a finite number, or null if allowed")
    OUT_OF_RANGE = ("a number below or above what is allowed", "give one in the range named; check the unit")
    EMPTY_TEXT = ("an id or name is empty", "give it at least one character")
    UNREADABLE_TEXT = ("a text holds half a character (a lone surrogate)", "repair its encoding")
    WRONG_DATE = ("a date that is not written YYYY-MM-DD, or does not exist", "write it as YYYY-MM-DD")
    UNKNOWN_CHOICE = ("a word outside the list of those allowed", "choose one of those named")
    TOO_MANY = ("a list is longer than its limit; nothing in it was read", "split the problem")
    NESTED_TOO_DEEP = ("free figures nest too deep to be kept", "flatten them")
    # Ids and what refers to them.
    DUPLICATE_ID = ("two records of one kind share an id", "rename or remove one of them")
    DUPLICATE_ENTRY = ("a list names the same thing twice", "name it once")
    DUPLICATE_DAY = ("a technician has two shifts on one day", "join them, or remove one")
    UNKNOWN_REFERENCE = ("an id that no record has", "correct the id, or add the record")
    UNKNOWN_LOCATION = ("an index beyond the list of locations", "give an index into `locations`; 0 is first")
    # Places and travel.
    COORDINATES_OUT_OF_RANGE = ("a latitude or longitude that is not on earth", "correct the degrees")
    COORDINATES_SWAPPED = ("latitude and longitude seem swapped", "swap them")
    COORDINATES_ZERO = ("a place at (0, 0), which is in the sea", "geocode the address, or give null for both")
    COORDINATES_HALF = ("a latitude without longitude, or the reverse", "give both or neither")
    MATRIX_UNREADABLE = ("a packed matrix is not base64 of zlib", "pack it again, or send rows")
    MATRIX_SHAPE = ("a matrix has not one row and column per location", "compute it for the same locations")
    MATRIX_TYPE = ("a cell is missing (null) or no whole number", "give whole seconds or metres; -1 is no road")
    MATRIX_RANGE = ("a cell is below -1, or longer than any drive", "check the unit; -1 alone means no road")
    MATRIX_DIAGONAL = ("the way from a place to itself is not 0", "put 0 on the diagonal")
    MATRIX_ZERO = ("the way between two places far apart is 0", "compute it; -1 means no road")
    MATRIX_DISAGREES = ("one matrix has a road where the other has none", "put -1 into both, or into neither")
    # Times.
    WINDOW_INVERTED = ("a window ends before it starts", "swap its ends")
    SHIFT_INVERTED = ("a shift ends before it starts", "correct its times; past midnight goes on from 86400")
    SHIFT_OUTSIDE_HORIZON = ("a shift or its day is not within the horizon", "widen the horizon or cut the shift")
    BREAK_OUTSIDE_SHIFT = (
        "a break could start or end outside its shift, overtime included",
        "narrow the break's window, or leave the break out",
    )
    # Jobs among themselves.
    EARMARK_PLACE = ("an earmark names both a technician and a warehouse, or neither", "name exactly one")
    SELF_PREDECESSOR = ("a job is its own predecessor", "remove it from its predecessors")
    PREDECESSOR_CYCLE = ("jobs wait for each other in a circle", "remove one of the predecessors named")
    LOCK_CREW = (
        "a lock names more or fewer shifts than the crew has members, or two of one technician",
        "name one shift per member, of different technicians",
    )
    COMMITTED_TWICE = (
        "a job has begun on more shifts than it has members, or on two of one technician",
        "keep it on the shift where it was begun",
    )
    COMMITTED_ORDER = (
        "committed jobs are not in the order of their starts, or one before the last has none",
        "sort them by start",
    )
    FIXED_STOPS_OVERLAP = (
        "two stops with fixed starts need the same technician at once",
        "lift one lock, or move one of the two",
    )
    NO_ROAD_HOME = (
        "no road leads from the last committed job to the end of its shift, or to a job that is driven to",
        "correct the matrix, or the end of the shift",
    )
    # Plans.
    NO_CAUSE = ("an unplanned job has no cause", "give at least one; NOT_PROVEN if none is known")
