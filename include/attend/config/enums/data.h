// Choices of the section `data`. Each choice has a table with one row per value.
#pragma once

#include "attend/core/enum_table.h"

namespace attend {

enum class TokenizerType { sentencepiece, bpe, character, byte };
inline constexpr EnumEntry<TokenizerType> kTokenizerTypes[] = {
    {TokenizerType::sentencepiece, "sentencepiece", "SentencePiece subwords, trained in-process"},
    {TokenizerType::bpe, "bpe", "GPT-2's byte-level BPE, trained in-process"},
    {TokenizerType::character, "char", "one token per Unicode code point seen in training"},
    {TokenizerType::byte, "byte", "one token per UTF-8 byte; nothing to train"}};
ATTEND_ENUM_TABLE(TokenizerType, kTokenizerTypes)

enum class SubwordAlgorithm { bpe, unigram };
inline constexpr EnumEntry<SubwordAlgorithm> kSubwordAlgorithms[] = {
    {SubwordAlgorithm::bpe, "bpe", "byte-pair encoding"},
    {SubwordAlgorithm::unigram, "unigram", "unigram language model"}};
ATTEND_ENUM_TABLE(SubwordAlgorithm, kSubwordAlgorithms)

enum class Normalization { nmt_nfkc, nfkc, nmt_nfkc_cf, nfkc_cf, identity };
inline constexpr EnumEntry<Normalization> kNormalizations[] = {
    {Normalization::nmt_nfkc, "nmt_nfkc",
     "Unicode's NFKC; controls go, and characters like U+200B, U+200C and tabs are spaces"},
    {Normalization::nfkc, "nfkc", "Unicode's NFKC: U+2122 is TM, U+FF21 is A, U+00BD is 1, U+2044, 2"},
    {Normalization::nmt_nfkc_cf, "nmt_nfkc_cf", "nmt_nfkc without capitals (case folding)"},
    {Normalization::nfkc_cf, "nfkc_cf", "nfkc without capitals"},
    {Normalization::identity, "identity", "characters stay as they are"}};
ATTEND_ENUM_TABLE(Normalization, kNormalizations)

enum class OverLength { skip, crop };
inline constexpr EnumEntry<OverLength> kOverLengths[] = {
    {OverLength::skip, "skip", "leave out pairs with a longer side (counted and reported)"},
    {OverLength::crop, "crop", "keep the beginning"}};
ATTEND_ENUM_TABLE(OverLength, kOverLengths)

enum class DocumentRule { file, line, blank_line };
inline constexpr EnumEntry<DocumentRule> kDocumentRules[] = {
    {DocumentRule::file, "file", "the whole file is one document"},
    {DocumentRule::line, "line", "every line that is not blank"},
    {DocumentRule::blank_line, "blank_line", "what stands between blank lines"}};
ATTEND_ENUM_TABLE(DocumentRule, kDocumentRules)

enum class IdType { uint16, uint32 };
inline constexpr EnumEntry<IdType> kIdTypes[] = {
    {IdType::uint16, "uint16", "two bytes an id, little-endian (nanoGPT, llm.c)"},
    {IdType::uint32, "uint32", "four bytes an id, little-endian"}};
ATTEND_ENUM_TABLE(IdType, kIdTypes)

enum class BlockSampling { random_blocks, sequential, packed };
inline constexpr EnumEntry<BlockSampling> kBlockSamplings[] = {
    {BlockSampling::random_blocks, "random_blocks", "blocks that begin anywhere, drawn with replacement (nanoGPT)"},
    {BlockSampling::sequential, "sequential",
     "the text in its order; a row goes on where it stood in the batch before"},
    {BlockSampling::packed, "packed", "every block once an epoch, in random order; no token sees another document"}};
ATTEND_ENUM_TABLE(BlockSampling, kBlockSamplings)

enum class BatchUnit { sequences, source_tokens, target_tokens, padded_tokens };
inline constexpr EnumEntry<BatchUnit> kBatchUnits[] = {
    {BatchUnit::sequences, "sequences", "sentence pairs; of a language model blocks"},
    {BatchUnit::source_tokens, "source_tokens", "rows x longest source"},
    {BatchUnit::target_tokens, "target_tokens", "rows x longest target; of a language model rows x block_size"},
    {BatchUnit::padded_tokens, "padded_tokens", "rows x the longer of the two sides"}};
ATTEND_ENUM_TABLE(BatchUnit, kBatchUnits)

}  // namespace attend
