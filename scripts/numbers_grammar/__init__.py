"""The grammar of data/numbers: phrase -> numbers -> nouns -> verbs -> clauses -> sentences, in this order."""
