"""What every piece of a day and of a plan has in common."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Id = Annotated[str, Field(min_length=1, max_length=120)]
Metres = Annotated[int, Field(ge=0, description="metres")]
Seconds = Annotated[int, Field(ge=0, description="seconds")]
Minutes = Annotated[int, Field(ge=0, description="minutes")]
Millilitres = Annotated[int, Field(ge=0, description="volume, in integer thousandths of a litre")]
Grams = Annotated[int, Field(ge=0, description="weight, in integer grams")]
Decidegrees = Annotated[
    int, Field(ge=-600, le=1000, description="temperature, in integer tenths of a degree Celsius: 4 °C is 40")
]


class Part(BaseModel):
    """Frozen. What a person misspells in a file must be told, so unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
