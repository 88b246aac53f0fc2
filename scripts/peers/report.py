"""docs/performance.md from measured rows: medians over the rounds, their spread, and ratios. No dates, no machine but
what its instructions and cores are."""
import statistics

CHARACTERS = {"characters": "configs/shakespeare_char_cpu.yaml: 0.8 million parameters, batches of 12 x 64, no dropout",
              "characters_large": "configs/shakespeare_char.yaml: 10.7 million parameters, batches of 64 x 256, dropout 0.2"}


def grouped(rows):
    """Rows of one contender together: {(name, beam): [row, ...]}, in the order they first came."""
    groups = {}
    for row in rows:
        groups.setdefault((row["name"], row.get("beam")), []).append(row)
    return groups


def speeds(group):
    return [row["tokens_per_second"] for row in group]


def ratio(ours, theirs):
    return f"{statistics.median(ours) / statistics.median(theirs):.2f}"


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def spread(values):
    return f"{min(values):,} - {max(values):,}" if len(values) > 1 else "-"


def best_of_ours(groups, beam):
    ours = [speeds(group) for (name, b), group in groups.items() if name.startswith("Attend") and b == beam]
    return max(ours, key=statistics.median)


def extras(group):
    row = group[-1]
    return [f"{row['bleu']:.2f}" if "bleu" in row else "", f"{100 * row['same_lines']:.1f} %" if "same_lines" in row else "",
            row.get("workers", "")]


def speed_table(rows, with_text):
    """One line a contender. The ratio is the fastest precision of Attend to it."""
    groups = grouped(rows)
    lines = []
    for beam in sorted({key[1] for key in groups}, key=lambda b: -(b or 0)):
        ours = best_of_ours(groups, beam)
        for (name, b), group in sorted(groups.items(), key=lambda item: -statistics.median(speeds(item[1]))):
            if b != beam:
                continue
            cells = [name, f"{round(statistics.median(speeds(group))):,}", spread(speeds(group)),
                     "" if name.startswith("Attend") else ratio(ours, speeds(group))]
            lines.append(([str(beam)] if beam else []) + cells + (extras(group) if with_text else []))
    header = (["beam"] if lines and len(lines[0]) > 4 + (3 if with_text else 0) else []) + \
        ["program", "tokens/s", "lowest - highest round", "Attend's fastest / this"]
    return table(header + (["BLEU", "same as PyTorch fp32", "workers x threads"] if with_text else []), lines)


def roofs(rows):
    named = [row for row in rows if "fraction_of_peak" in row]
    lines = [[name, f"{round(statistics.median(r['gemm_peak_gflops'] for r in group)):,}",
              f"{100 * statistics.median(r['fraction_of_peak'] for r in group):.1f} %",
              f"{100 * statistics.median(r['padding_ratio'] for r in group):.1f} %"]
             for (name, _), group in grouped(named).items()]
    return table(["", "fastest product, GFLOP/s", "of that reached in training", "padding"], lines)


def page(results):
    s = results["settings"]
    parts = [f"""# Performance

Written by `scripts/bench_peers`; not to be edited. Speeds compare programs that ran in turns on one machine in one
session, {s['rounds']} round(s) each; compare nothing across machines. Medians over the rounds.

| | |
|---|---|
| processor | {s['cpu']}, {s['cores']} core(s), {s['threads']} thread(s) used{"" if s["bf16"] else "; no bf16 products, so bf16 was not measured"} |
| Attend | {s['attend']}, LibTorch {s['libtorch']}, {s['compiler']} |
| peers | {s['peers']} |
| allocator of the peers | {s['preload']} |
"""]
    if results.get("training"):
        parts.append(f"""## Training

configs/multi30k_en_de.yaml: 2.6 million parameters, batches of 4,096 target tokens with padding, dropout, label smoothing,
clipping, Adam; the same tokenizer and corpus. Source and target tokens a second without padding; {s['training']}.

""" + speed_table(results["training"], False) + "\n" + roofs(results["training"]))
    for part, model in CHARACTERS.items():
        if results.get(part):
            parts.append(f"""## Training a language model, {model}

Random blocks of tiny Shakespeare, AdamW, clipping. Tokens a second; {s[part]}.

""" + speed_table(results[part], False))
    if results.get("decoding"):
        parts.append(f"""## Decoding

The same weights in all programs: {s['model']}, {s['split']}. From text to text, tokenizing included. Target tokens
a second, end symbols counted. Length penalty: average.

""" + speed_table(results["decoding"], True))
    if results.get("shape"):
        parts.append("""## Decoding, Transformer base

Random weights, vocabulary 32,000, 256 sentences of 20 to 30 tokens, 30 tokens decoded for each: what a size costs,
whatever the text.

""" + speed_table(results["shape"], True))
    return "\n".join(parts)
