# SPDX-License-Identifier: Apache-2.0
"""Plain float32 numpy executor of a llama GGUF file; writes golden.json.

It reads the file with its own reader and takes the tokenizer from it, so that
it shares nothing with the training code.

Usage: python reference.py [MODEL.gguf] [--prompt TEXT] [--golden FILE]
With --prompt it prints the continuation; otherwise it writes the golden runs.
"""

import argparse
import json
import os
import struct

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
PROMPTS = ["Once upon a time", "There was once a brave girl named Ruby. It was Ruby's birthday."]
SPACE = "\u2581"
NORMAL, BYTE = 1, 6


class Gguf:
    """fields: key -> value; tensors: name -> float32 array, a matrix as [out, in]."""

    SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}

    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = file.read()
        self.at = 0
        magic, version, tensor_count, field_count = self.unpack("<4sIQQ")
        if magic != b"GGUF" or version != 3:
            raise ValueError(f"{path} is not GGUF version 3")
        self.fields = {}
        for _ in range(field_count):
            key = self.string()
            self.fields[key] = self.value(self.unpack("<I")[0])
        infos = []
        for _ in range(tensor_count):
            name = self.string()
            dims = self.unpack(f"<{self.unpack('<I')[0]}Q")
            infos.append((name, dims, *self.unpack("<IQ")))
        alignment = self.fields.get("general.alignment", 32)
        base = (self.at + alignment - 1) // alignment * alignment
        self.tensors = {}
        for name, dims, kind, offset in infos:
            array = np.frombuffer(self.data, {0: "<f4", 1: "<f2"}[kind], int(np.prod(dims)), base + offset)
            self.tensors[name] = array.reshape(dims[::-1]).astype(np.float32)

    def unpack(self, layout):
        result = struct.unpack_from(layout, self.data, self.at)
        self.at += struct.calcsize(layout)
        return result

    def string(self):
        length, = self.unpack("<Q")
        self.at += length
        return self.data[self.at - length:self.at].decode("utf-8")

    def value(self, kind):
        if kind == 8:
            return self.string()
        if kind == 9:
            element, count = self.unpack("<IQ")
            return [self.value(element) for _ in range(count)]
        return self.unpack(self.SCALARS[kind])[0]


class Vocabulary:
    """The llama tokenizer of a GGUF file."""

    def __init__(self, fields):
        self.tokens = fields["tokenizer.ggml.tokens"]
        self.scores = fields["tokenizer.ggml.scores"]
        self.types = fields["tokenizer.ggml.token_type"]
        self.bos, self.eos = fields["tokenizer.ggml.bos_token_id"], fields["tokenizer.ggml.eos_token_id"]
        self.ids = {token: i for i, token in enumerate(self.tokens)}

    def encode(self, text):
        """Ids of text, <s> first: join the adjacent pair with the highest score while there is one."""
        symbols = list(SPACE + text.replace(" ", SPACE)) if text else []
        while True:
            pairs = [(-self.scores[self.ids[a + b]], i) for i, (a, b) in enumerate(zip(symbols, symbols[1:]))
                     if a + b in self.ids]
            if not pairs:
                break
            i = min(pairs)[1]
            symbols[i:i + 2] = [symbols[i] + symbols[i + 1]]
        ids = [self.bos]
        for symbol in symbols:
            pieces = [symbol] if symbol in self.ids else [f"<0x{b:02X}>" for b in symbol.encode("utf-8")]
            ids += [self.ids[piece] for piece in pieces]
        return ids

    def decode(self, ids):
        data = b""
        for i in ids:
            if self.types[i] == BYTE:
                data += bytes([int(self.tokens[i][3:5], 16)])
            elif self.types[i] == NORMAL:
                data += self.tokens[i].replace(SPACE, " ").encode("utf-8")
        text = data.decode("utf-8", "replace")
        return text[1:] if text.startswith(" ") else text


class Llama:
    """One token at a time, with the keys and values of earlier positions kept."""

    def __init__(self, gguf, round_activation=lambda x: x):
        """round_activation is applied to the input of every matrix product and to the stored keys and values."""
        f = gguf.fields
        self.w, self.round = gguf.tensors, round_activation
        self.layers, self.heads = f["llama.block_count"], f["llama.attention.head_count"]
        self.kv_heads = f["llama.attention.head_count_kv"]
        self.head_dim = f["llama.embedding_length"] // self.heads
        self.context = f["llama.context_length"]
        self.eps = np.float32(f["llama.attention.layer_norm_rms_epsilon"])
        self.frequency = f["llama.rope.freq_base"] ** (-np.arange(0, self.head_dim, 2) / self.head_dim)
        self.keys = [[] for _ in range(self.layers)]  # per layer, one [kv_heads, head_dim] per position
        self.values = [[] for _ in range(self.layers)]

    def matmul(self, name, x):
        """[out, in] times [in]."""
        return self.w[name + ".weight"] @ self.round(x)

    def norm(self, name, x):
        return x / np.sqrt(np.mean(x * x) + self.eps) * self.w[name + ".weight"]

    def rope(self, x, position):
        """Turn the pairs (2i, 2i+1) of x [heads, head_dim]."""
        angle = position * self.frequency
        cos, sin = np.cos(angle).astype(np.float32), np.sin(angle).astype(np.float32)
        out = np.empty_like(x)
        out[:, 0::2] = x[:, 0::2] * cos - x[:, 1::2] * sin
        out[:, 1::2] = x[:, 0::2] * sin + x[:, 1::2] * cos
        return out

    def attention(self, layer, h, position):
        """h [width] to the joined heads [heads * head_dim]."""
        blk = f"blk.{layer}."
        q = self.rope(self.matmul(blk + "attn_q", h).reshape(self.heads, -1), position)
        k = self.rope(self.matmul(blk + "attn_k", h).reshape(self.kv_heads, -1), position)
        self.keys[layer].append(self.round(k))
        self.values[layer].append(self.round(self.matmul(blk + "attn_v", h).reshape(self.kv_heads, -1)))
        keys, values = np.stack(self.keys[layer]), np.stack(self.values[layer])  # [time, kv_heads, head_dim]
        out = np.empty_like(q)
        for head in range(self.heads):
            group = head * self.kv_heads // self.heads
            score = keys[:, group] @ self.round(q[head]) / np.float32(np.sqrt(self.head_dim))
            weight = np.exp(score - score.max())
            out[head] = self.round(weight / weight.sum()) @ values[:, group]
        return out.reshape(-1)

    def step(self, token, position):
        """Logits [vocab] after the token at the position."""
        x = self.w["token_embd.weight"][token]
        for layer in range(self.layers):
            blk = f"blk.{layer}."
            x = x + self.matmul(blk + "attn_output", self.attention(layer, self.norm(blk + "attn_norm", x), position))
            h = self.norm(blk + "ffn_norm", x)
            gate = self.matmul(blk + "ffn_gate", h)
            x = x + self.matmul(blk + "ffn_down", gate / (1 + np.exp(-gate)) * self.matmul(blk + "ffn_up", h))
        return self.matmul("token_embd", self.norm("output_norm", x))


def generate(gguf, prompt, **options):
    """Greedy run until the context is full or </s> or <s> is chosen.

    Returns a dict with prompt_ids, generated_ids (without the closing token),
    text (prompt and continuation), stopped_by, and the smallest gap between
    the two best logits over all the choices.
    """
    vocabulary, model = Vocabulary(gguf.fields), Llama(gguf, **options)
    prompt_ids = vocabulary.encode(prompt)
    generated, gaps, stopped_by = [], [], "context"
    for position in range(model.context - 1):
        token = prompt_ids[position] if position < len(prompt_ids) else generated[-1]
        logits = model.step(token, position)
        if position < len(prompt_ids) - 1:
            continue
        second, best = np.partition(logits, -2)[-2:]
        gaps.append(float(best - second))
        choice = int(np.argmax(logits))
        if choice in (vocabulary.eos, vocabulary.bos):
            stopped_by = vocabulary.tokens[choice]
            break
        generated.append(choice)
    return {"prompt": prompt, "prompt_ids": prompt_ids, "generated_ids": generated, "stopped_by": stopped_by,
            "text": vocabulary.decode(prompt_ids + generated), "min_logit_gap": round(min(gaps), 5)}


def bfloat16(x):
    """x rounded to bfloat16 (nearest, ties to even)."""
    bits = np.ascontiguousarray(x, np.float32).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000).astype(np.uint32).view(np.float32)


def half(x):
    """x rounded to float16."""
    return np.asarray(x).astype(np.float16).astype(np.float32)


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("model", nargs="?", default=os.path.join(HERE, "metronome-stories.gguf"))
    p.add_argument("--prompt")
    p.add_argument("--golden", default=os.path.join(HERE, "golden.json"))
    args = p.parse_args()
    gguf = Gguf(args.model)
    if args.prompt is not None:
        print(generate(gguf, args.prompt)["text"])
        return
    runs = []
    for prompt in PROMPTS:
        run = generate(gguf, prompt)
        for name, rounding in (("float16", half), ("bfloat16", bfloat16)):
            same = generate(gguf, prompt, round_activation=rounding)["generated_ids"] == run["generated_ids"]
            run[f"same_with_{name}_activations"] = same
        print(json.dumps({k: v for k, v in run.items() if not k.endswith("_ids")}, indent=1))
        runs.append(run)
    with open(args.golden, "w", encoding="utf-8") as file:
        file.write("[\n" + ",\n".join(json.dumps(run) for run in runs) + "\n]\n")


if __name__ == "__main__":
    main()
