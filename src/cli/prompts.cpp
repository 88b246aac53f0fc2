#include "prompts.h"

#include <utility>

#include "attend/core/error.h"
#include "attend/core/json.h"
#include "attend/text/documents.h"
#include "attend/text/id_text.h"

namespace attend {
namespace {

Json object_of(const std::string& line, const std::string& where) {
  try {
    Json object = parse_json(line, where);
    if (object.is_object()) return object;
  } catch (const ModelError& fault) {  // here it is data
    throw DataError(fault.what());
  }
  throw DataError("[", where, R"(] expected an object, {"prompt": "..."} or {"token_ids": [...]}, got another value)");
}

std::vector<std::int32_t> ids_of(const Json& list, const std::string& where, std::int64_t vocabulary) {
  std::vector<std::int32_t> ids;
  for (const Json& item : list) {
    const auto id = item.is_number_integer() ? item.get<std::int64_t>() : -1;
    if (id < 0 || id >= vocabulary)
      throw DataError("[", where, "] expected \"token_ids\" from 0 to ", vocabulary - 1, ", got ", item.dump());
    ids.push_back(static_cast<std::int32_t>(id));
  }
  return ids;
}

}  // namespace

PromptReader::PromptReader(const PromptSource& source) : source_(source) {
  if (source.prompt) single_ = Prompt{*source.prompt, {}, true};
  else if (source.file) single_ = Prompt{read_document(*source.file), {}, true};
  else if (source.format == PromptFormat::jsonl)
    lines_.emplace(source.input.value_or("-"), LongLines{kMaxDocumentBytes, false});
  else lines_.emplace(source.input.value_or("-"));
}

std::vector<Prompt> PromptReader::next(std::int64_t most, std::int64_t vocabulary) {
  std::vector<Prompt> prompts;
  if (!lines_) {
    if (single_) prompts.push_back(*std::exchange(single_, std::nullopt));
    if (source_.ids && !prompts.empty())
      prompts[0].ids = parse_ids(prompts[0].text, vocabulary, source_.prompt ? "--prompt" : *source_.file);
    return prompts;
  }
  const auto lines = lines_->next_window(most);
  auto number = lines_->line_number() - static_cast<std::int64_t>(lines.size());
  for (const auto& line : lines) prompts.push_back(prompt_of(line, concat(lines_->name(), ":", ++number), vocabulary));
  return prompts;
}

// An object says an empty prompt on purpose; an empty line is nothing.
Prompt PromptReader::prompt_of(const std::string& line, const std::string& where, std::int64_t vocabulary) const {
  if (source_.format == PromptFormat::lines) {
    Prompt prompt{line, {}, false};
    if (source_.ids) prompt.ids = parse_ids(line, vocabulary, where);
    return prompt;
  }
  if (trim(line).empty()) return {"", {}, false};
  const Json object = object_of(line, where);
  const auto text = object.find("prompt"), ids = object.find("token_ids");
  const bool has_text = text != object.end() && text->is_string(), has_ids = ids != object.end() && ids->is_array();
  if (has_text == has_ids || (has_text && source_.ids))
    throw DataError("[", where, "] expected ", source_.ids ? "" : R"("prompt", some text, or )",
                    R"("token_ids", a list of numbers, got )",
                    has_text && has_ids ? "both"
                    : has_text          ? "text"
                                        : "neither");
  if (has_ids) return {"", ids_of(*ids, where, vocabulary), true};
  return {text->get<std::string>(), {}, true};
}

}  // namespace attend
