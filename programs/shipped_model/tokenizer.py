# SPDX-License-Identifier: Apache-2.0
"""Byte-pair tokenizer in the layout of GGUF's "llama" tokenizer model.

Ids: 0 <unk>, 1 <s>, 2 </s>, 3..258 the bytes <0x00>..<0xFF>, then the merged
pieces in the order they were learned, then the single characters. A space is
U+2581. The score of a piece is minus its rank, so that "merge the adjacent
pair with the highest score" repeats the learned merges.

Usage: python tokenizer.py TEXT...   (trains, then prints the pieces of TEXT)
"""

import itertools
import re
import sys
from collections import Counter

from story_generator import stories

UNK, BOS, EOS, FIRST_BYTE, FIRST_PIECE = 0, 1, 2, 3, 259
VOCAB_SIZE = 1024
SPACE = "\u2581"
NORMAL, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6  # GGUF token types
TRAIN_SEED, TRAIN_STORIES = 3, 20000


class Tokenizer:
    """tokens: 1024 strings; scores: 1024 floats; types: 1024 GGUF token types."""

    def __init__(self, pieces):
        """pieces: the strings of the ids from 259 on."""
        self.tokens = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)] + list(pieces)
        self.scores = [0.0] * FIRST_PIECE + [-float(rank) for rank in range(len(pieces))]
        self.types = [UNKNOWN, CONTROL, CONTROL] + [BYTE] * 256 + [NORMAL] * len(pieces)
        self.ids = {piece: FIRST_PIECE + rank for rank, piece in enumerate(pieces)}
        self.cache = {}

    @classmethod
    def train(cls, texts, size=VOCAB_SIZE):
        """Learn merges inside words; letters and punctuation are never merged with each other."""
        runs = Counter()
        for text in texts:
            runs.update(re.findall(SPACE + r"?(?:[A-Za-z']+|[^A-Za-z'" + SPACE + "]+)", to_spaces(text)))
        words = [(list(run), count) for run, count in sorted(runs.items())]
        characters = sorted({c for run in runs for c in run})
        merges = []
        while FIRST_PIECE + len(merges) + len(characters) < size:
            pairs = Counter()
            for symbols, count in words:
                for pair in zip(symbols, symbols[1:]):
                    pairs[pair] += count
            left, right = min(pairs, key=lambda pair: (-pairs[pair], pair))
            merges.append(left + right)
            for symbols, _ in words:
                merge_all(symbols, left, right)
        pieces = list(dict.fromkeys(merges)) + characters
        if len(pieces) != size - FIRST_PIECE:
            raise ValueError("two merges made the same piece")
        return cls(pieces)

    @classmethod
    def trained(cls):
        """The tokenizer of the shipped model."""
        return cls.train(itertools.islice(stories(TRAIN_SEED), TRAIN_STORIES))

    def encode(self, text):
        """Ids of text, without <s>. No piece spans a word boundary, so words are encoded one by one."""
        if not text:
            return []
        ids = []
        for word in re.findall(SPACE + "?[^" + SPACE + "]+|" + SPACE, to_spaces(text)):
            if word not in self.cache:
                self.cache[word] = self.encode_whole(word)
            ids += self.cache[word]
        return ids

    def encode_whole(self, text):
        """The llama algorithm on text with U+2581 for spaces.

        Start from characters; while some adjacent pair is a piece when joined,
        join the one with the highest score (the leftmost of equals). What is
        no piece at the end becomes its UTF-8 bytes.
        """
        symbols = list(text)
        while True:
            best = None
            for i in range(len(symbols) - 1):
                piece = self.ids.get(symbols[i] + symbols[i + 1])
                if piece is not None and (best is None or self.scores[piece] > best[0]):
                    best = (self.scores[piece], i)
            if best is None:
                break
            i = best[1]
            symbols[i:i + 2] = [symbols[i] + symbols[i + 1]]
        ids = []
        for symbol in symbols:
            if symbol in self.ids:
                ids.append(self.ids[symbol])
            else:
                ids += [FIRST_BYTE + b for b in symbol.encode("utf-8")]
        return ids

    def decode(self, ids):
        """Text of ids; control tokens give nothing and the leading space is dropped."""
        data = b"".join(bytes([i - FIRST_BYTE]) if self.types[i] == BYTE else self.tokens[i].encode("utf-8")
                        for i in ids if self.types[i] in (NORMAL, BYTE))
        text = data.decode("utf-8", "replace").replace(SPACE, " ")
        return text[1:] if text.startswith(" ") else text


def to_spaces(text):
    """The text with the leading space and U+2581 for every space."""
    return SPACE + text.replace(" ", SPACE)


def merge_all(symbols, left, right):
    """Join every adjacent (left, right) in the list, in place, from the left."""
    i = 0
    while i < len(symbols) - 1:
        if symbols[i] == left and symbols[i + 1] == right:
            symbols[i:i + 2] = [left + right]
        i += 1


if __name__ == "__main__":
    shipped = Tokenizer.trained()
    for argument in sys.argv[1:]:
        print([shipped.tokens[i] for i in shipped.encode(argument)])
