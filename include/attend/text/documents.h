// Text as a language model reads it: documents one after the other, from a text file or JSON lines, plain or gzip.
#pragma once

#include <filesystem>
#include <string>

#include "attend/config/enums/data.h"
#include "attend/text/corpus.h"
#include "attend/text/line_reader.h"

namespace attend {

struct DocumentCorpus {
  std::string name;
  std::filesystem::path file;
  DocumentRule rule = DocumentRule::file;
  std::string field;        // key of the text in JSON lines; empty: plain text
  double held_out = 0.0;    // share of the documents kept for validation, chosen by their hashes
  bool validation = false;  // read the documents kept for validation instead of the others

  // True when the whole file is one document. Such a document has no start or end symbol, and its end is held out.
  bool is_one() const { return rule == DocumentRule::file && field.empty(); }
};

// Reads documents one after the other; a long file that is one document comes in parts. A part ends after a line when
// the next line is not blank; within a very long line it ends after a word, before a space. So tokens that join white
// space are the same as in the whole text. There is one exception: when a part begins with a line that starts with
// several spaces, byte-level BPE may cut these spaces differently.
class DocumentReader {
 public:
  explicit DocumentReader(const DocumentCorpus& corpus);
  // Returns false when there is none left. Throws DataError with the line number for faults of the text or the JSON,
  // and for a file without any text.
  bool next(std::string& text);
  // Returns the line at which the text that next() gave last begins.
  std::int64_t line_number() const { return first_line_; }

 private:
  bool next_document(std::string& text);
  bool next_part(std::string& text);
  bool next_between_blank_lines(std::string& text);
  std::string text_in(const std::string& json) const;

  DocumentCorpus corpus_;
  LineReader lines_;
  std::string waiting_;  // the line that begins the next part
  bool is_waiting_ = false, any_ = false;
  std::int64_t first_line_ = 0;
};

// Returns the whole file as one document.
std::string read_document(const std::filesystem::path& file);

// Gives the text that a tokenizer is trained on. Documents are given whole or, for SentencePiece, which has no line
// ends, as lines.
LineSource documents_of(std::vector<DocumentCorpus> corpora, bool as_lines);

}  // namespace attend
