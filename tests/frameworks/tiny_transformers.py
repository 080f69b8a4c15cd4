"""A tokenizer and sizes of networks that are made in no time, for tests of Transformers."""

from __future__ import annotations

from typing import Any

from tokenizers import Tokenizer, models, pre_tokenizers, processors  # type: ignore[import-not-found]  # of the tests' environment
from transformers import PreTrainedTokenizerFast

SPECIAL = {
    "pad_token": "[PAD]",
    "unk_token": "[UNK]",
    "cls_token": "[CLS]",
    "sep_token": "[SEP]",
    "mask_token": "[MASK]",
}
WORDS = [*SPECIAL.values(), "good", "bad", "nice", "awful", "film"]
WORDS += ["the", "a", "is", "who", "what"]


def tokenizer() -> Any:
    """One that knows fifteen words."""
    ids = {word: place for place, word in enumerate(WORDS)}
    found = Tokenizer(models.WordLevel(ids, unk_token="[UNK]"))  # noqa: S106 - no password
    found.pre_tokenizer = pre_tokenizers.Whitespace()
    found.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    return PreTrainedTokenizerFast(tokenizer_object=found, eos_token="[SEP]", **SPECIAL)  # noqa: S106  # a word of the vocabulary


def sizes(**others: Any) -> dict[str, Any]:
    """The options of a configuration of BERT."""
    return {
        "vocab_size": len(WORDS),
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 16,
        "max_position_embeddings": 32,
        **others,
    }
