// Text as a language model reads it: documents one after the other, from a text file or JSON lines, plain or gzip.
#pragma once

#include <filesystem>
#include <string>

#include "attend/config/enums.h"
#include "attend/text/corpus.h"
#include "attend/text/line_reader.h"

namespace attend {

struct DocumentCorpus {
  std::string name;
  std::filesystem::path file;
  DocumentRule rule = DocumentRule::file;
  std::string field;        // of JSON lines; empty: plain text
  double held_out = 0.0;    // share of the documents kept for validation, by a hash of each
  bool validation = false;  // those, instead of the others

  // The file is one document, which has neither start nor end symbol, and is held out from at its end.
  bool is_one() const { return rule == DocumentRule::file && field.empty(); }
};

// A document, or of a long file a part that ends with a line before one that is not blank (in a long line, with a word
// before a space), so that tokens which join white space are those of the whole, but where a line that begins with several
// spaces begins a part: there byte-level BPE may cut them otherwise.
class DocumentReader {
 public:
  explicit DocumentReader(const DocumentCorpus& corpus);
  // False when there is none left. DataError with the line for faults of the text, of the JSON, and for no text at all.
  bool next(std::string& text);
  std::int64_t line_number() const { return lines_.line_number(); }

 private:
  bool next_document(std::string& text);
  bool next_part(std::string& text);
  bool next_between_blank_lines(std::string& text);
  std::string text_in(const std::string& json) const;

  DocumentCorpus corpus_;
  LineReader lines_;
  std::string waiting_;  // the line that begins the next part
  bool is_waiting_ = false, any_ = false;
};

// The whole file as one document.
std::string read_document(const std::filesystem::path& file);

// What a tokenizer is trained on: documents as they are or, for SentencePiece, which knows no line ends, their lines.
LineSource documents_of(std::vector<DocumentCorpus> corpora, bool as_lines);

}  // namespace attend
