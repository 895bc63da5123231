"""The value lists of after-sales service."""

from api.schemas.base import EntitySchema, PageQuery, StrictSchema
from api.schemas.fields import Flag, Text
from fieldsvc.domain.catalogue import OPEN_LISTS

_CODE = "[a-z0-9][a-z0-9_-]*"
_CATEGORY = {"description": "Of which products; empty = of all."}


class ValueNamesSchema(StrictSchema):
    """What people read."""

    name_en = Text(max_length=120, min_length=1, required=True)
    name_zh = Text(max_length=120, min_length=1, required=True)


class NewValueSchema(ValueNamesSchema):
    """A value for a list."""

    list_name = Text(max_length=40, pattern=_CODE, required=True, metadata={"examples": list(OPEN_LISTS)})
    category = Text(max_length=64, min_length=0, load_default="", metadata=_CATEGORY)
    code = Text(max_length=64, pattern=_CODE, required=True)


class ValueChangesSchema(StrictSchema):
    """What is to be different."""

    name_en = Text(max_length=120, min_length=1)
    name_zh = Text(max_length=120, min_length=1)
    is_active = Flag(metadata={"description": "Whether it is offered."})


class CatalogueValueSchema(EntitySchema):
    """A value of a list."""

    list_name = Text(max_length=40, required=True)
    category = Text(max_length=64, min_length=0, required=True, metadata=_CATEGORY)
    code = Text(max_length=64, required=True)
    name_en = Text(max_length=120, required=True)
    name_zh = Text(max_length=120, required=True)
    is_active = Flag(required=True)


class CatalogueQuery(PageQuery):
    """Which values."""

    list_name = Text(max_length=40, load_default=None)
    category = Text(max_length=64, min_length=0, load_default=None)
