"""What newer versions of the language have, and what is counted in an unusual place."""

import asyncio
from dataclasses import dataclass
from functools import wraps


def logged(level="info", *, when=None):
    def outer(function):
        @wraps(function)
        def inner(*args, **kwargs):
            if level == "debug" or when and when():
                record(f"{level!r}: {function.__name__:>{len(level) if level else 0}}")
            return function(*args, **kwargs)

        return inner

    return outer


def record(message):
    messages = [part.strip() for part in message.split(":") if part if part.strip()]
    return {m: len(m) for m in messages} or None


@dataclass
class Shape:
    kind: str
    sides: int = 0

    class Meta:
        def title(self, name):
            return name.title() if name else ""

    def area(self, *sizes):
        match sizes:
            case []:
                return 0
            case [side] if self.kind == "square":
                return side**2
            case [width, height] | (width, height, _):
                return width * height
            case {"radius": r, **rest} if not rest:
                return 3.14 * r * r
            case Shape(kind="point") as point:
                return point.sides
            case _:
                raise ValueError(f"{sizes} {'of' if sizes else 'without'} {self.kind}")

    def only(self, value):
        match value:
            case 1 | 2:
                return True
            case None:
                return False

    @staticmethod
    def parse(text, sep=","):
        while (found := text.find(sep)) >= 0:
            yield text[:found]
            text = text[found + 1 :]
        else:
            yield text

    @property
    async def lines(self):
        async with self as opened, asyncio.Lock():
            async for line in opened:
                if line and not line.startswith("#") or line == "#!":
                    yield line


async def gather(tasks, key=lambda t: t.rank if t else 0, *, limit: int = 3) -> list[int]:
    results = [await t async for t in tasks if t is not None]
    try:
        assert results and limit, "none" if not results else "limit"
        with (open("a") as a, open("b") as b):
            results.append(a.read() + b.read())
    except* ValueError:
        pass
    except* (OSError, TypeError) as group:
        for error in group.exceptions:
            for inner in getattr(error, "exceptions", ()):
                results.append(inner)
            else:
                break
    else:
        results.sort(key=key)
    finally:
        limit -= 1

    class Local:
        def visit(self, node):
            return all(self.visit(child) for child in node if child) and any(x or y for x, y in node for _ in y)

    def closure():
        nonlocal limit
        if limit:
            limit = 0 if limit > 3 and limit < 9 else 1

    closure()
    return sorted(results, key=lambda r: (r and 1) or 2)


def positional(a, b=1, /, c=2, *args, d, e=None, **rest):
    first, *_ = args
    return (lambda x, /, *y: x if y else -x)(first) if c else (yield)
