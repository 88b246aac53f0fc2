"""Mutations of JSON as a tree. Objects are lists of members, so that keys may come twice."""
import json

from . import raw


class Members(list):
    """An object: pairs of key and value."""


class Raw(str):
    """Text that stands in the file as it is."""


def parse(text):
    return json.loads(text, object_pairs_hook=Members)


def members_of(value):
    """A tree of Python's own objects as one of Members."""
    if isinstance(value, dict):
        return Members((key, members_of(item)) for key, item in value.items())
    return [members_of(item) for item in value] if isinstance(value, list) else value


def dump(value, indent=None, depth=1):
    """As nlohmann's dump(): compact, or with an indent."""
    if isinstance(value, Raw):
        return str(value)
    if not isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    is_object = isinstance(value, Members)
    begin, end = "{}" if is_object else "[]"
    if not value:
        return begin + end
    colon = ":" if indent is None else ": "
    items = [dump(item[0]) + colon + dump(item[1], indent, depth + 1) if is_object else dump(item, indent, depth + 1)
             for item in value]
    if indent is None:
        return begin + ",".join(items) + end
    pad = "\n" + " " * indent * depth
    return begin + pad + ("," + pad).join(items) + pad[:-indent] + end


def to_bytes(text):
    """Lone surrogates, which a mutation may have made, become bytes that are no UTF-8."""
    return text.encode("utf-8", "surrogatepass")


def places(tree):
    """Every (list, index) that holds a value; in an object the value is the member's second."""
    found, todo = [], [tree]
    while todo:
        node = todo.pop()
        for i, item in enumerate(node):
            found.append((node, i))
            value = item[1] if isinstance(node, Members) else item
            if isinstance(value, list):
                todo.append(value)
    return found


def value_at(node, i):
    return node[i][1] if isinstance(node, Members) else node[i]


def put(node, i, value):
    node[i] = (node[i][0], value) if isinstance(node, Members) else value


def nested(rng):
    """Deep, or wide: what a reader's stack and its time are asked for."""
    deep = rng.choice([10, 63, 64, 65, 100, 5000, 100000])
    wide = rng.choice([10, 1000, 50000])
    return Raw(rng.choice(["[" * deep + "]" * deep, '{"a":' * deep + "1" + "}" * deep, "[" * deep, "[" + "{}," * wide + "{}]",
                           "[" + '"",' * wide + '""]', "[" + "0," * wide + "0]",
                           "{" + ",".join(f'"{i}":0' for i in range(wide)) + "}"]))


def odd_value(rng, old):
    kind = rng.randrange(8)
    if kind == 0:
        return nested(rng)
    if kind == 1:
        return rng.choice([None, True, False, "", "x", Members(), [], [0], Members([("a", 1)])])
    if kind == 2 and isinstance(old, str):
        return rng.choice([old + "\0", old * 2, old.upper(), old[:-1], old + "\u6f22", "\ud800", "../" + old, "/" + old,
                           old * 2000])
    if kind == 3 and isinstance(old, list):
        return rng.choice([old + old, old[:-1], old[::-1], type(old)()])
    if kind == 4 and isinstance(old, (int, float)):
        return old + rng.choice([1, -1, 0.5, 1000])
    if kind == 5:
        return "".join(rng.choice("ab\0\n\x1b\"\\\u00e9\u6f22\U0001f600") for _ in range(rng.choice([1, 5, 600])))
    return Raw(rng.choice([word for word in raw.SPELLINGS if word != "''"]))


def mutate(rng, tree):
    """Changes the tree in place."""
    found = places(tree)
    if not found:
        return
    node, i = rng.choice(found)
    change = rng.choice(["value", "value", "value", "value", "delete", "double", "rename", "swap", "other"])
    if change == "value":
        put(node, i, odd_value(rng, value_at(node, i)))
    elif change == "delete":
        del node[i]
    elif change == "double":
        node.insert(i, node[i])
    elif change == "rename" and isinstance(node, Members):
        keys = [member[0] for parent, at in found if isinstance(parent, Members) for member in [parent[at]]]
        node[i] = (rng.choice(keys + ["", "x", "\0", "a" * 600, node[i][0] + "x"]), node[i][1])
    else:  # the value of another place, there or in both
        other, j = rng.choice(found)
        mine, others = value_at(node, i), value_at(other, j)
        if not isinstance(mine, list) and not isinstance(others, list):
            put(node, i, others)
            put(other, j, mine if change == "swap" else others)


def json_text(rng, data, indent=None, text=raw.text):
    """Mostly a changed tree; else, and where it is no JSON, changed text."""
    if rng.random() < 0.2:
        return rng.choice([text, raw.bytes_of])(rng, data)
    try:
        tree = parse(data)
    except ValueError:
        return text(rng, data)
    if rng.random() < 0.03 or not isinstance(tree, list):
        return to_bytes(dump(odd_value(rng, tree)))
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        mutate(rng, tree)
    return to_bytes(dump(tree, indent)) + b"\n"


def json_lines(rng, data, text=raw.text):
    """One line of JSON lines, or their order."""
    if rng.random() < 0.3:
        return text(rng, data)
    all_lines = data.split(b"\n")
    at = rng.randrange(max(1, len(all_lines) - 1))
    all_lines[at] = json_text(rng, all_lines[at], text=text).rstrip(b"\n")
    return b"\n".join(all_lines)


def json_sentences(rng, data):
    return json_lines(rng, data, raw.sentences)
