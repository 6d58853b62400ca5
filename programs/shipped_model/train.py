# SPDX-License-Identifier: Apache-2.0
"""Train the story model on generated text and write it as GGUF F16.

Usage: python train.py [--steps 4204] [--work DIR] [--gguf FILE]
       python train.py --resume CHECKPOINT --steps 400 --rate 4e-4 --warmup 40 --log FILE
       python train.py --export CHECKPOINT [--gguf FILE]

Writes losses.csv next to this file and a checkpoint into the work directory.
A training row is one story or more, each as <s> pieces </s>, cut at the
context length. The generator makes new stories all the way through, so that
no story is repeated on purpose; held-out rows come from another seed.
"""

import argparse
import csv
import math
import os
import tempfile
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

import gguf_writer
from story_generator import stories
from tokenizer import BOS, EOS, Tokenizer

HERE = os.path.dirname(os.path.abspath(__file__))
SEED = 1234
TRAIN_SEED, HELD_OUT_SEED, FINISH_SEED = 1, 2, 4  # seeds of the story generator
WIDTH, LAYERS, HEADS, HEAD_DIM, FFN, CONTEXT, VOCAB = 320, 3, 5, 64, 768, 256, 1024
EPS, ROPE_BASE = 1e-5, 10000.0


class RMSNorm(nn.Module):
    """x / sqrt(mean(x^2) + eps) * weight, over the last axis; weight [width]."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(WIDTH))

    def forward(self, x):
        return F.rms_norm(x, (WIDTH,), self.weight, EPS)


def rope_tables():
    """cos and sin, each [context, head_dim / 2]; pair i turns by position * base^(-2i/head_dim)."""
    frequency = ROPE_BASE ** (-torch.arange(0, HEAD_DIM, 2).float() / HEAD_DIM)
    angle = torch.outer(torch.arange(CONTEXT).float(), frequency)
    return angle.cos(), angle.sin()


def rotate(x, cos, sin):
    """RoPE on the interleaved pairs (2i, 2i+1); x [batch, heads, time, head_dim]."""
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), -1).flatten(-2)


class Block(nn.Module):
    """Attention and gated feed-forward, each with a norm before and a residual around it.

    q, k, v, o are [320, 320]; gate, up are [768, 320]; down is [320, 768] ([out, in]).
    """

    def __init__(self):
        super().__init__()
        self.attn_norm, self.ffn_norm = RMSNorm(), RMSNorm()
        inner = HEADS * HEAD_DIM
        self.attn_q = nn.Linear(WIDTH, inner, bias=False)
        self.attn_k = nn.Linear(WIDTH, inner, bias=False)
        self.attn_v = nn.Linear(WIDTH, inner, bias=False)
        self.attn_output = nn.Linear(inner, WIDTH, bias=False)
        self.ffn_gate = nn.Linear(WIDTH, FFN, bias=False)
        self.ffn_up = nn.Linear(WIDTH, FFN, bias=False)
        self.ffn_down = nn.Linear(FFN, WIDTH, bias=False)

    def forward(self, x, cos, sin):
        batch, steps, _ = x.shape
        h = self.attn_norm(x)
        q, k, v = (w(h).view(batch, steps, HEADS, HEAD_DIM).transpose(1, 2)
                   for w in (self.attn_q, self.attn_k, self.attn_v))
        q, k = rotate(q, cos, sin).type_as(v), rotate(k, cos, sin).type_as(v)
        a = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.attn_output(a.transpose(1, 2).reshape(batch, steps, -1))
        h = self.ffn_norm(x)
        return x + self.ffn_down(F.silu(self.ffn_gate(h)) * self.ffn_up(h))


class Llama(nn.Module):
    """Token ids [batch, time] to logits [batch, time, vocab]; the embedding is also the output matrix."""

    def __init__(self):
        super().__init__()
        self.token_embd = nn.Embedding(VOCAB, WIDTH)
        self.blk = nn.ModuleList(Block() for _ in range(LAYERS))
        self.output_norm = RMSNorm()
        cos, sin = rope_tables()
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        for name, p in self.named_parameters():
            if p.dim() == 2:
                nn.init.normal_(p, std=0.02 / math.sqrt(2 * LAYERS) if name.endswith("ffn_down.weight") else 0.02)
        for block in self.blk:  # start with heads that pass on what they look at, so that names are copied early
            nn.init.normal_(block.attn_q.weight, std=0.04)
            nn.init.normal_(block.attn_k.weight, std=0.04)
            nn.init.orthogonal_(block.attn_v.weight, gain=math.sqrt(0.2))
            block.attn_output.weight.data.copy_(block.attn_v.weight.T)

    def forward(self, ids):
        steps = ids.shape[1]
        x = self.token_embd(ids)
        for block in self.blk:
            x = block(x, self.cos[:steps], self.sin[:steps])
        return self.output_norm(x) @ self.token_embd.weight.T


def loss_of(model, rows, bf16):
    """Mean next-token loss of rows [batch, context + 1]; the token before <s> predicts nothing."""
    targets = rows[:, 1:].clone()
    targets[targets == BOS] = -100
    with torch.autocast("cpu", torch.bfloat16, enabled=bool(bf16)):
        logits = model(rows[:, :-1])
    return F.cross_entropy(logits.float().flatten(0, 1), targets.flatten(), ignore_index=-100)


def rows_of(tokenizer, seed, mirror=False):
    """Yield rows (lists of context + 1 ids) for ever, each starting at a <s>; too long stories are left out."""
    row = []
    for text in stories(seed, mirror):
        ids = [BOS] + tokenizer.encode(text) + [EOS]
        if len(ids) <= CONTEXT:
            row += ids
        if len(row) > CONTEXT:
            yield row[:CONTEXT + 1]
            row = []


def held_out_loss(model, rows, bf16):
    """Loss on held-out rows [n, context + 1]."""
    with torch.no_grad():
        return sum(loss_of(model, part, bf16).item() for part in rows.split(16)) / math.ceil(len(rows) / 16)


def export(state, tokenizer, path):
    """Write the parameters (name -> tensor, [out, in]) and the tokenizer as GGUF."""
    tensors = {name: p.float().numpy() for name, p in state.items()}
    gguf_writer.write_model(path, tensors, tokenizer, name="Metronome Stories", context=CONTEXT, width=WIDTH,
                            layers=LAYERS, ffn=FFN, heads=HEADS, head_dim=HEAD_DIM, eps=EPS, rope_base=ROPE_BASE)


def train(args, tokenizer):
    """Train for the steps of the schedule; log, checkpoint and export as it goes."""
    torch.manual_seed(SEED)
    model = Llama()
    if args.resume:
        model.load_state_dict(torch.load(args.resume))
    matrices = [p for p in model.parameters() if p.dim() == 2]
    vectors = [p for p in model.parameters() if p.dim() == 1]
    optimizer = torch.optim.AdamW([{"params": matrices, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0.0}],
                                  lr=args.rate, betas=(0.9, 0.98), eps=1e-8)
    finish = args.resume is not None
    source = rows_of(tokenizer, FINISH_SEED if finish else TRAIN_SEED, finish)
    held_source = rows_of(tokenizer, HELD_OUT_SEED, finish)
    held = torch.tensor([next(held_source) for _ in range(64)])
    print("parameters", sum(p.numel() for p in model.parameters()), flush=True)
    os.makedirs(args.work, exist_ok=True)
    start, seen, total = time.time(), 0.0, 0
    with open(args.log, "w", newline="") as file:
        log = csv.writer(file)
        log.writerow(["step", "tokens", "train_loss", "held_out_loss", "learning_rate"])
        for step in range(1, args.steps + 1):
            progress = min(1.0, max(step / args.steps, (time.time() - start) / (60 * args.minutes)))
            rate = args.rate * min(step / args.warmup, 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * progress)))
            for group in optimizer.param_groups:
                group["lr"] = rate
            rows = torch.tensor([next(source) for _ in range(args.batch)])
            loss = loss_of(model, rows, args.bf16)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            seen += loss.item()
            total += 1
            if step % args.every == 0 or step == args.steps or progress == 1.0:
                held_loss = held_out_loss(model, held, args.bf16)
                log.writerow([step, step * args.batch * CONTEXT, f"{seen / total:.4f}", f"{held_loss:.4f}",
                              f"{rate:.6f}"])
                file.flush()
                print(f"step {step} train {seen / total:.4f} held-out {held_loss:.4f} "
                      f"minutes {(time.time() - start) / 60:.1f}", flush=True)
                seen, total = 0.0, 0
                torch.save(model.state_dict(), os.path.join(args.work, "checkpoint.part"))
                os.replace(os.path.join(args.work, "checkpoint.part"), os.path.join(args.work, "checkpoint.pt"))
            if progress == 1.0:
                break
    export(model.state_dict(), tokenizer, args.gguf)


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--steps", type=int, default=4204)
    p.add_argument("--minutes", type=float, default=600, help="finish the schedule early after this time")
    p.add_argument("--batch", type=int, default=8, help="rows of 256 tokens in a step")
    p.add_argument("--rate", type=float, default=1.5e-3)
    p.add_argument("--warmup", type=int, default=100)
    p.add_argument("--every", type=int, default=200, help="steps between log lines and checkpoints")
    p.add_argument("--bf16", type=int, default=1, help="1: bfloat16 matrix products")
    p.add_argument("--work", default=os.path.join(tempfile.gettempdir(), "metronome_stories"),
                   help="folder of the checkpoint")
    p.add_argument("--log", default=os.path.join(HERE, "losses.csv"))
    p.add_argument("--gguf", default=os.path.join(HERE, "metronome-stories.gguf"))
    p.add_argument("--resume", help="start from this checkpoint, on stories with mirrored friend names")
    p.add_argument("--export", help="write this checkpoint as GGUF and stop")
    args = p.parse_args()
    torch.set_num_threads(1)
    tokenizer = Tokenizer.trained()
    if args.export:
        export(torch.load(args.export), tokenizer, args.gguf)
    else:
        train(args, tokenizer)


if __name__ == "__main__":
    main()
