# SPDX-License-Identifier: Apache-2.0
"""Minimal GGUF version 3 writer: F16 for matrices, F32 for vectors."""

import struct

import numpy as np

ALIGNMENT = 32
U32, I32, F32, BOOL, STRING, ARRAY = 4, 5, 6, 7, 8, 9  # metadata value types
TENSOR_F32, TENSOR_F16 = 0, 1


def packed_string(text):
    data = text.encode("utf-8")
    return struct.pack("<Q", len(data)) + data


def packed_value(kind, value):
    """A metadata value without its type; an array is given as (element kind, list)."""
    if kind == STRING:
        return packed_string(value)
    if kind == ARRAY:
        element, items = value
        return struct.pack("<IQ", element, len(items)) + b"".join(packed_value(element, item) for item in items)
    return struct.pack({U32: "<I", I32: "<i", F32: "<f", BOOL: "<?"}[kind], value)


def padding(length):
    return b"\0" * (-length % ALIGNMENT)


def write(path, metadata, tensors):
    """Write metadata, a list of (key, kind, value), and tensors, name -> array.

    A matrix [out, in] is stored row by row with dims [in, out]: dims[0] is the fastest axis.
    """
    head = struct.pack("<4sIQQ", b"GGUF", 3, len(tensors), len(metadata))
    for key, kind, value in metadata:
        head += packed_string(key) + struct.pack("<I", kind) + packed_value(kind, value)
    blobs, offset = [], 0
    for name, array in tensors.items():
        matrix = array.ndim == 2
        blob = np.ascontiguousarray(array, dtype="<f2" if matrix else "<f4").tobytes()
        head += packed_string(name) + struct.pack("<I", array.ndim)
        head += struct.pack(f"<{array.ndim}Q", *reversed(array.shape))
        head += struct.pack("<IQ", TENSOR_F16 if matrix else TENSOR_F32, offset)
        blob += padding(len(blob))
        blobs.append(blob)
        offset += len(blob)
    with open(path, "wb") as file:
        file.write(head + padding(len(head)))
        file.writelines(blobs)


def write_model(path, tensors, tokenizer, name, context, width, layers, ffn, heads, head_dim, eps, rope_base):
    """Write a llama model whose tensors already carry their GGUF names."""
    metadata = [
        ("general.architecture", STRING, "llama"), ("general.name", STRING, name),
        ("general.license", STRING, "apache-2.0"), ("general.alignment", U32, ALIGNMENT),
        ("general.file_type", U32, 1),
        ("llama.vocab_size", U32, len(tokenizer.tokens)), ("llama.context_length", U32, context),
        ("llama.embedding_length", U32, width), ("llama.block_count", U32, layers),
        ("llama.feed_forward_length", U32, ffn), ("llama.attention.head_count", U32, heads),
        ("llama.attention.head_count_kv", U32, heads), ("llama.attention.layer_norm_rms_epsilon", F32, eps),
        ("llama.rope.freq_base", F32, rope_base), ("llama.rope.dimension_count", U32, head_dim),
        ("tokenizer.ggml.model", STRING, "llama"), ("tokenizer.ggml.tokens", ARRAY, (STRING, tokenizer.tokens)),
        ("tokenizer.ggml.scores", ARRAY, (F32, tokenizer.scores)),
        ("tokenizer.ggml.token_type", ARRAY, (I32, tokenizer.types)),
        ("tokenizer.ggml.bos_token_id", U32, 1), ("tokenizer.ggml.eos_token_id", U32, 2),
        ("tokenizer.ggml.unknown_token_id", U32, 0), ("tokenizer.ggml.add_bos_token", BOOL, True),
        ("tokenizer.ggml.add_eos_token", BOOL, False), ("tokenizer.ggml.add_space_prefix", BOOL, True),
    ]
    write(path, metadata, tensors)
