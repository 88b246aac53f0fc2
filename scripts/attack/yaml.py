"""Mutations of YAML: line by line of what `config print` writes, and of whole configs through the schema of every key."""
import copy

from . import raw, trees

VALUES = raw.SPELLINGS + [
    "", "~", "[]", "{}", "[1, 2]", "[[], {}]", "{a: 1}", "- x", "|", ">", "&a 1", "*a", "&a [*a, *a]", "!!str x",
    "!!binary aGk=", "!!python/object:x", "@", "`", "'", '"', '"\\xff"', '"\\0"', '"\\e]0;owned\\a\\e[31m"', '"\\ud800"', "? x", "x: y: z", "yes",
    "off", "1e5", "10Mt", "2e", "-3e", "0t", "auto", "../../x", "/dev/zero", "1:2:3", "2001-01-01", "#", "\t", "\u6f22" * 200, "a" * 5000]
LINES = ["<<: *a", "<<: {seed: 2}", "---", "...", "%YAML 1.2", "? [a, b]", "seed: 1", "model: {}", ": :", "- - - -",
         "\tx: 1", "{", "]", "\ufeff", "\u2028"]

SENTENCEPIECE_OPTIONS = """normalization_rule_name normalization_rule_tsv input_sentence_size max_sentence_length seed_sentencepiece_size
    shrinking_factor num_threads num_sub_iterations max_sentencepiece_length split_by_unicode_script split_by_number split_by_whitespace
    split_digits pretokenization_delimiter treat_whitespace_as_suffix allow_whitespace_only_pieces control_symbols user_defined_symbols
    required_chars byte_fallback hard_vocab_limit use_all_vocab unk_id bos_id eos_id pad_id unk_piece bos_piece unk_surface input
    input_format model_prefix model_type vocab_size accept_language self_test_sample_size train_extremely_large_corpus random_seed
    character_coverage enable_differential_privacy differential_privacy_noise_level shuffle_input_sentence add_dummy_prefix
    remove_extra_whitespaces escape_whitespaces minloglevel""".split()


def yaml_lines(rng, data):
    """A value, a key, an indent, a line more, a deep value."""
    all_lines = data.decode("utf-8", "surrogateescape").split("\n")
    for _ in range(rng.choice([1, 1, 2, 4])):
        at = rng.randrange(len(all_lines))
        line = all_lines[at]
        key, colon, value = line.partition(":")
        change = rng.choice(["value", "value", "value", "value", "key", "indent", "line", "deep", "bytes"])
        if change == "value" and colon:
            all_lines[at] = f"{key}: {rng.choice(VALUES)}"
        elif change == "key" and colon:
            other = rng.choice([key + "x", key.upper(), key[:-1], key.replace("_", "-"), f"{key}: {key}", '"\\e[31m"'])
            all_lines[at] = other + colon + value
        elif change == "indent":
            all_lines[at] = rng.choice([" ", "  ", "\t", "- ", ""]) + rng.choice([line, line.lstrip()])
        elif change == "line":
            all_lines.insert(at, " " * rng.choice([0, 2, 4]) + rng.choice(LINES))
        elif change == "deep":
            deep = rng.choice([62, 63, 64, 65, 1000, 100000])
            all_lines[at] = key + ": " + rng.choice(["[" * deep, "{a: " * deep, "[" * deep + "]" * deep, "- " * deep])
    text = "\n".join(all_lines).encode("utf-8", "surrogateescape")
    return raw.text(rng, text) if rng.random() < 0.15 else text


def ways(schema):
    """The schema, and whatever it may be instead: a list, two tokenizers, the keys of one type."""
    yield schema
    for option in schema.get("anyOf", []):
        yield from ways(option)


def leaves(schema, path=()):
    """(path, schema) of every key that holds a value. Alternatives of a type repeat common keys as `true`, and their own
    name as a constant: these are told where they first stand."""
    for way in ways(schema):
        for name, inner in way.get("properties", {}).items():
            holds_keys = inner is not True and any("properties" in option for option in ways(inner))
            if inner is True or not (holds_keys or "description" in inner):
                continue
            if holds_keys:
                yield from leaves(inner, path + (name,))
            else:
                yield path + (name,), inner


def odd_setting(rng, schema):
    options = schema.get("anyOf", [schema])
    schema = rng.choice(options)
    if rng.random() < 0.15:
        return rng.choice([None, True, -1, 0, 1.5, "x", [], {}, [{}], 1 << 64])
    if "enum" in schema:
        return rng.choice(schema["enum"])
    kind = schema.get("type")
    if kind == "boolean":
        return rng.random() < 0.5
    if kind in ("integer", "number"):
        low = schema.get("minimum", schema.get("exclusiveMinimum", 0))
        high = schema.get("maximum", schema.get("exclusiveMaximum", 1 << 40))
        some = rng.choice([low, high, low - 1, high + 1, low + (high - low) / 3, rng.uniform(low, min(high, low + 100))])
        return int(some) if kind == "integer" else some
    if kind == "array":
        return [odd_setting(rng, schema.get("items", {})) for _ in range(rng.choice([0, 1, 2, 40]))]
    return rng.choice(["", "x", "train.en", "run", "validation.de", "\0", "a" * 300, "../x", "cuda:99", "500", "2e", "10Mt"])


def odd_options(rng):
    """Of SentencePiece's trainer, which are passed through as text."""
    words = ["true", "false", "x", "x,y", "few.de", "../x", "identity", "unigram", "bpe", "word", "char", "<s>", "\u2581", "10", "1000"]

    def value():
        return rng.choice([rng.choice(raw.SPELLINGS), str(rng.randint(-2, 100)), rng.choice(words), rng.choice(words)])
    return {rng.choice(SENTENCEPIECE_OPTIONS): value() for _ in range(rng.choice([1, 1, 2, 5]))}


def put(tree, path, value):
    for name in path[:-1]:
        if not isinstance(tree.get(name), dict):
            tree[name] = {}
        tree = tree[name]
    tree[path[-1]] = value


def config(schema, base, *parts):
    """A mutation of the YAML of a config: its lines, or `base` (Python's objects) with keys that the schema has. With `parts`, keys
    that begin with one of them, and no lines."""
    known = [item for item in leaves(schema) if not parts or ".".join(item[0]).startswith(parts)]

    def change(rng, data):
        if not parts and rng.random() < 0.3:
            return yaml_lines(rng, data)
        tree = copy.deepcopy(base)
        for _ in range(rng.choice([1, 1, 1, 1, 2, 8])):
            path, of_key = rng.choice(known)
            put(tree, path, odd_setting(rng, of_key) if path[-1] != "options" else odd_options(rng))
        members = trees.members_of(tree)
        if rng.random() < 0.15:
            trees.mutate(rng, members)
        return trees.to_bytes(trees.dump(members)) + b"\n"
    return change
