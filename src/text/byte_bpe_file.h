// Byte-level BPE in files: Hugging Face's tokenizer.json, and GPT-2's own vocab.json with merges.txt.
#pragma once

#include "byte_bpe.h"

namespace attend {

// Both refuse with a ModelError what is broken, and what asks for something else than GPT-2's way: nothing in the file
// is passed over.
ByteBpeModel read_tokenizer_json(const Json& file, std::string_view where);
// merges: "#version: ..." and a line "LEFT RIGHT" a merge. Pieces with the names of special tokens are these.
ByteBpeModel read_vocab_and_merges(const Json& vocab, std::string_view merges, std::string_view where);

// What read_tokenizer_json reads, and the `tokenizers` package as well.
std::string write_tokenizer_json(const ByteBpeModel& model);

}  // namespace attend
