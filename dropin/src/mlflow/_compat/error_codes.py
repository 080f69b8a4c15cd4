"""MLflow's error codes as an enumeration of its protocol, and each as a constant."""

from __future__ import annotations

from millstream.errors import CODE_NUMBERS


class ErrorCode:
    """The numbers of error codes and their names."""

    @staticmethod
    def Name(number: int) -> str:
        """The name of a number."""
        for name, known in CODE_NUMBERS.items():
            if known == number:
                return name
        raise ValueError(f"no error code has the number {number!r}")

    @staticmethod
    def Value(name: str) -> int:
        """The number of a name."""
        if name not in CODE_NUMBERS:
            raise ValueError(f"no error code has the name {name!r}")
        return CODE_NUMBERS[name]

    @staticmethod
    def keys() -> list[str]:
        """All names."""
        return list(CODE_NUMBERS)

    @staticmethod
    def values() -> list[int]:
        """All numbers."""
        return list(CODE_NUMBERS.values())

    @staticmethod
    def items() -> list[tuple[str, int]]:
        """All names with their numbers."""
        return list(CODE_NUMBERS.items())


for _name, _number in CODE_NUMBERS.items():
    setattr(ErrorCode, _name, _number)
    globals()[_name] = _number

__all__ = ["ErrorCode", *CODE_NUMBERS]
