# SPDX-License-Identifier: Apache-2.0
"""GPT-2, MiniLM, Qwen2 and SmolLM2 in plain Python, against the reference executor.

Usage: independent_models.py REFERENCE_OUTPUTS

Each model is tiny and random, written here as a Hugging Face folder. Weights are multiples of 2^-10
below 2: fp16 holds them and the sum of two, so both sides compute with the same. Nothing of the
product is used to compute what is wanted.
"""

import json
import math
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import unittest

PROGRAM = []
TOLERANCE = 1e-4
STEPS = 1024
TOKENS = [5, 0, 17, 30, 17, 2, 9]


def product(matrix, x, bias=None):
    y = [sum(w * v for w, v in zip(row, x)) for row in matrix]
    return y if bias is None else added(y, bias)


def added(x, y):
    return [a + b for a, b in zip(x, y)]


def transposed(matrix):
    return [list(column) for column in zip(*matrix)]


def layer_norm(x, weight, bias, eps):
    mean = sum(x) / len(x)
    centred = [v - mean for v in x]
    deviation = math.sqrt(sum(v * v for v in centred) / len(x) + eps)
    return [v / deviation * w + b for v, w, b in zip(centred, weight, bias)]


def rms_norm(x, weight, eps):
    size = math.sqrt(sum(v * v for v in x) / len(x) + eps)
    return [v / size * w for v, w in zip(x, weight)]


def gelu_erf(x):
    return x * 0.5 * (1 + math.erf(x / math.sqrt(2)))


def gelu_tanh(x):
    return 0.5 * x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))


def silu(x):
    return x / (1 + math.exp(-x))


def attended(q, keys, values, heads):
    """One query over all keys given; heads of the query may share those of the cache."""
    dim = len(q) // heads
    shared = heads // (len(keys[0]) // dim)
    out = []
    for head in range(heads):
        kv = head // shared * dim
        mine = q[head * dim:(head + 1) * dim]
        scores = [sum(a * b for a, b in zip(mine, k[kv:kv + dim])) / math.sqrt(dim) for k in keys]
        weights = [math.exp(s - max(scores)) for s in scores]
        total = sum(weights)
        out += [sum(w * v[kv + d] for w, v in zip(weights, values)) / total for d in range(dim)]
    return out


def rotated(x, dim, position, base):
    """Pairs are (i, i + dim / 2) of a head, as Hugging Face has them."""
    y = list(x)
    for head in range(0, len(x), dim):
        for i in range(dim // 2):
            a, b = head + i, head + i + dim // 2
            angle = position * base ** (-2 * i / dim)
            y[a] = x[a] * math.cos(angle) - x[b] * math.sin(angle)
            y[b] = x[b] * math.cos(angle) + x[a] * math.sin(angle)
    return y


class Folder:
    """Random tensors by name, and the folder that holds them."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.tensors = {}

    def value(self, centre, spread):
        return round(STEPS * (centre + spread * (2 * self.random.random() - 1))) / STEPS

    def vector(self, name, size, centre=0.0):
        self.tensors[name] = [self.value(centre, 0.3) for _ in range(size)]
        return self.tensors[name]

    def matrix(self, name, rows, cols):
        spread = 2 / math.sqrt(cols)
        self.tensors[name] = [[self.value(0.0, spread) for _ in range(cols)] for _ in range(rows)]
        return self.tensors[name]

    def linear(self, name, rows, cols):
        return self.matrix(name + ".weight", rows, cols), self.vector(name + ".bias", rows)

    def norm(self, name, size):
        return self.vector(name + ".weight", size, 1.0), self.vector(name + ".bias", size)

    def write(self, path, config):
        header, data = {}, b""
        for name, tensor in self.tensors.items():
            nested = isinstance(tensor[0], list)
            flat = [v for row in tensor for v in row] if nested else tensor
            raw = struct.pack(f"<{len(flat)}f", *flat)
            shape = [len(tensor), len(tensor[0])] if nested else [len(tensor)]
            header[name] = {"dtype": "F32", "shape": shape,
                            "data_offsets": [len(data), len(data) + len(raw)]}
            data += raw
        text = json.dumps(header).encode()
        packed = struct.pack("<Q", len(text)) + text + data
        (path / "model.safetensors").write_bytes(packed)
        (path / "config.json").write_text(json.dumps(config), encoding="utf-8")


def gpt2(folder, prefix):
    """Writes a GPT-2 into `folder` and gives its config and its logits."""
    width, layers, heads, ffn, vocab, context, eps = 24, 2, 3, 40, 31, 16, 1e-5
    table = folder.matrix(prefix + "wte.weight", vocab, width)
    positions = folder.matrix(prefix + "wpe.weight", context, width)
    parts = []
    for i in range(layers):
        at = f"{prefix}h.{i}."
        parts.append({"ln_1": folder.norm(at + "ln_1", width),
                      "ln_2": folder.norm(at + "ln_2", width)})
        # Linear maps are stored [inputs, outputs].
        for name, rows, cols in (("attn.c_attn", 3 * width, width), ("attn.c_proj", width, width),
                                 ("mlp.c_fc", ffn, width), ("mlp.c_proj", width, ffn)):
            weight = transposed(folder.matrix(at + name + ".weight", cols, rows))
            parts[-1][name] = weight, folder.vector(at + name + ".bias", rows)
        folder.matrix(at + "attn.bias", 2, 2)  # a mask, which is no parameter
    final = folder.norm(prefix + "ln_f", width)
    caches = [([], []) for _ in parts]
    logits = []
    for position, token in enumerate(TOKENS):
        x = added(table[token], positions[position])
        for part, (keys, values) in zip(parts, caches):
            qkv = product(part["attn.c_attn"][0], layer_norm(x, *part["ln_1"], eps),
                          part["attn.c_attn"][1])
            keys.append(qkv[width:2 * width])
            values.append(qkv[2 * width:])
            a = attended(qkv[:width], keys, values, heads)
            x = added(x, product(part["attn.c_proj"][0], a, part["attn.c_proj"][1]))
            up = product(part["mlp.c_fc"][0], layer_norm(x, *part["ln_2"], eps),
                         part["mlp.c_fc"][1])
            x = added(x, product(part["mlp.c_proj"][0], [gelu_tanh(v) for v in up],
                                 part["mlp.c_proj"][1]))
        logits.append(product(table, layer_norm(x, *final, eps)))
    config = {"model_type": "gpt2", "n_embd": width, "n_layer": layers, "n_head": heads,
              "n_inner": ffn, "n_positions": context, "vocab_size": vocab,
              "layer_norm_epsilon": eps, "activation_function": "gelu_new"}
    return config, logits


def minilm(folder, prefix, activation, name):
    """Writes a BERT into `folder` and gives its config, hidden values and the embedding."""
    width, layers, heads, ffn, vocab, context, eps = 24, 2, 3, 40, 31, 16, 1e-12
    at = prefix + "embeddings."
    words = folder.matrix(at + "word_embeddings.weight", vocab, width)
    positions = folder.matrix(at + "position_embeddings.weight", context, width)
    types = folder.matrix(at + "token_type_embeddings.weight", 2, width)
    first = folder.norm(at + "LayerNorm", width)
    parts = []
    for i in range(layers):
        at = f"{prefix}encoder.layer.{i}."
        parts.append({part: folder.linear(at + part, rows, cols) for part, rows, cols in (
            ("attention.self.query", width, width), ("attention.self.key", width, width),
            ("attention.self.value", width, width), ("attention.output.dense", width, width),
            ("intermediate.dense", ffn, width), ("output.dense", width, ffn))})
        for part in ("attention.output.LayerNorm", "output.LayerNorm"):
            parts[-1][part] = folder.norm(at + part, width)
    folder.linear(prefix + "pooler.dense", width, width)
    rows = [layer_norm(added(added(words[token], types[0]), positions[i]), *first, eps)
            for i, token in enumerate(TOKENS)]
    for part in parts:
        def mapped(which, x, part=part):
            return product(part[which][0], x, part[which][1])
        keys = [mapped("attention.self.key", x) for x in rows]
        values = [mapped("attention.self.value", x) for x in rows]
        after = []
        for x in rows:
            a = attended(mapped("attention.self.query", x), keys, values, heads)
            x = layer_norm(added(x, mapped("attention.output.dense", a)),
                           *part["attention.output.LayerNorm"], eps)
            up = [activation(v) for v in mapped("intermediate.dense", x)]
            after.append(layer_norm(added(x, mapped("output.dense", up)),
                                    *part["output.LayerNorm"], eps))
        rows = after
    mean = [sum(column) / len(rows) for column in zip(*rows)]
    length = math.sqrt(sum(v * v for v in mean))
    config = {"model_type": "bert", "hidden_size": width, "num_hidden_layers": layers,
              "num_attention_heads": heads, "intermediate_size": ffn, "vocab_size": vocab,
              "max_position_embeddings": context, "layer_norm_eps": eps, "hidden_act": name,
              "type_vocab_size": 2, "position_embedding_type": "absolute"}
    return config, rows + [[v / length for v in mean]]


def llama_like(folder, model_type, heads, kv_heads, biased):
    """Writes a model of llama's kind, its head tied, and gives its config and its logits."""
    dim, layers, ffn, vocab, context, eps, base = 8, 2, 40, 31, 16, 1e-6, 1e5
    width = heads * dim
    table = folder.matrix("model.embed_tokens.weight", vocab, width)
    parts = []
    for i in range(layers):
        at = f"model.layers.{i}."
        part = {"in": folder.vector(at + "input_layernorm.weight", width, 1.0),
                "post": folder.vector(at + "post_attention_layernorm.weight", width, 1.0)}
        for name, rows in (("q", heads * dim), ("k", kv_heads * dim), ("v", kv_heads * dim)):
            full = f"{at}self_attn.{name}_proj"
            weight = folder.matrix(full + ".weight", rows, width)
            part[name] = weight, folder.vector(full + ".bias", rows) if biased else None
        part["o"] = folder.matrix(at + "self_attn.o_proj.weight", width, width)
        for name, rows, cols in (("gate", ffn, width), ("up", ffn, width), ("down", width, ffn)):
            part[name] = folder.matrix(f"{at}mlp.{name}_proj.weight", rows, cols)
        parts.append(part)
    final = folder.vector("model.norm.weight", width, 1.0)
    caches = [([], []) for _ in parts]
    logits = []
    for position, token in enumerate(TOKENS):
        x = table[token]
        for part, (keys, values) in zip(parts, caches):
            h = rms_norm(x, part["in"], eps)
            keys.append(rotated(product(part["k"][0], h, part["k"][1]), dim, position, base))
            values.append(product(part["v"][0], h, part["v"][1]))
            q = rotated(product(part["q"][0], h, part["q"][1]), dim, position, base)
            x = added(x, product(part["o"], attended(q, keys, values, heads)))
            h = rms_norm(x, part["post"], eps)
            gate = [silu(g) * u for g, u in zip(product(part["gate"], h), product(part["up"], h))]
            x = added(x, product(part["down"], gate))
        logits.append(product(table, rms_norm(x, final, eps)))
    config = {"model_type": model_type, "hidden_size": width, "num_hidden_layers": layers,
              "num_attention_heads": heads, "num_key_value_heads": kv_heads, "vocab_size": vocab,
              "intermediate_size": ffn, "max_position_embeddings": context, "rms_norm_eps": eps,
              "rope_theta": base, "hidden_act": "silu", "tie_word_embeddings": True}
    return config, logits


class IndependentModels(unittest.TestCase):
    def expect(self, folder, config, wanted):
        with tempfile.TemporaryDirectory() as place:
            folder.write(pathlib.Path(place), config)
            done = subprocess.run([*PROGRAM, place, *map(str, TOKENS)], check=False,
                                  capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        found = [[float(word) for word in line.split()]
                 for line in done.stdout.splitlines() if not line.startswith(" ")]
        self.assertEqual([len(row) for row in found], [len(row) for row in wanted])
        worst = max(abs(a - b) for x, y in zip(found, wanted) for a, b in zip(x, y))
        spread = max(abs(v) for row in wanted for v in row)
        print(f"{self.id()}: largest difference {worst:.2e} of values up to {spread:.2f}")
        self.assertLess(worst, TOLERANCE)

    def test_gpt2(self):
        for prefix in ("", "transformer."):
            folder = Folder(1)
            self.expect(folder, *gpt2(folder, prefix))

    def test_minilm(self):
        for prefix, activation, name in (("", gelu_erf, "gelu"), ("bert.", gelu_tanh, "gelu_new")):
            folder = Folder(2)
            self.expect(folder, *minilm(folder, prefix, activation, name))

    def test_qwen2_with_biases_and_shared_heads(self):
        folder = Folder(3)
        self.expect(folder, *llama_like(folder, "qwen2", 14, 2, True))

    def test_smollm2_with_nine_heads_over_three(self):
        folder = Folder(4)
        self.expect(folder, *llama_like(folder, "llama", 9, 3, False))


def main():
    PROGRAM.append(sys.argv[1])
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(IndependentModels)
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    sys.exit(0 if result.wasSuccessful() else 1)


main()
