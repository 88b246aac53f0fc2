"""Lines that are hard on a byte-level BPE: every code point that Unicode 14 knows, in words and between spaces of all kinds,
contractions, emoji with joiners, marks without letters. And vocabularies that the `tokenizers` package trains."""
import random

from metric_pairs import NOT_SPACES, PIECES, SPACES, WORDS, assigned
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

HARD = ["'s", "'S", "'ll", "'LL", "don't", "'", "''s", "\u2019s", "  ", "   ", " \t ", "\t\t", "\r", " \r ", "\x1c", "\x7f", "\u00ad", "\ufeff",
        "\u0301", "e\u0301\u0327", "\u0e33", "\u0903", "\u200b\u200d", "👨\u200d👩\u200d👧\u200d👦", "🏳\ufe0f\u200d🌈", "🇩🇪🇫", "1\ufe0f\u20e3", "👍🏽",
        "日本語", "中文字", "한국어", "\u1100\u1161\u11a8", "ﷺ", "½", "Ⅷ", "²", "٣", "৩", "〇", "𝟘", "𝒜", "𠀀", "\ue000", "\U0010fffd",
        "\ufffd", "\ufffe", "<|endoftext|>", "<|endoftext", "e" * 50, "9" * 20, "-" * 30]


def joined(rng, tokens):
    return "".join(t + (rng.choice(SPACES + NOT_SPACES) if kind < 0.15 else " " if kind < 0.5 else "")
                   for t, kind in ((t, rng.random()) for t in tokens))


def lines(count, seed):
    """No line feeds, no NUL, no carriage return at an end and no byte order mark at a beginning: they are no lines of text."""
    rng = random.Random(seed)
    every = sorted(c for members in assigned().values() for c in members if c != "\0")
    rng.shuffle(every)
    share = -(-len(every) // count)
    made = []
    for i in range(count):
        tokens = every[i * share:(i + 1) * share]
        tokens += [rng.choice(rng.choice((HARD, WORDS, PIECES))) for _ in range(rng.randint(0, 12))]
        if rng.random() < 0.9:
            rng.shuffle(tokens)
        made.append(joined(rng, tokens).replace("\n", " ").rstrip("\r").lstrip("\ufeff"))
    return made


def trained(lines, size, special, prefix_space=False):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix_space)
    tokenizer.decoder = decoders.ByteLevel(add_prefix_space=prefix_space)
    tokenizer.train_from_iterator(lines, trainers.BpeTrainer(
        vocab_size=size, min_frequency=2, special_tokens=special, show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    return tokenizer
