// SPDX-License-Identifier: Apache-2.0
#include "tests/cli/program_run.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <thread>

namespace metronome::harness {

namespace fs = std::filesystem;

namespace {

std::string contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// `settings`, each NAME=VALUE, and of the environment what they do not name.
std::vector<std::string> environment_with(const std::vector<std::string>& settings) {
  std::vector<std::string> all = settings;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string text = *variable;
    const std::string name = text.substr(0, text.find('=') + 1);
    if (std::ranges::none_of(settings, [&](const auto& s) { return s.starts_with(name); })) {
      all.push_back(text);
    }
  }
  return all;
}

/// As exec takes them: to each text, and a null pointer at the end.
std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

pid_t Workplace::start(const std::vector<std::string>& words,
                       const std::vector<std::string>& settings) const {
  std::vector<std::string> all = {METRONOME_BINARY};
  all.insert(all.end(), words.begin(), words.end());
  std::vector<char*> argv = pointers_to(all);
  std::vector<std::string> variables = environment_with(settings);
  std::vector<char*> environment = pointers_to(variables);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  constexpr int kWrite = O_WRONLY | O_CREAT | O_TRUNC;
  const std::string out = streams_.path() / "out";
  const std::string err = streams_.path() / "err";
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out.c_str(), kWrite, 0600);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, err.c_str(), kWrite, 0600);
  posix_spawn_file_actions_addchdir_np(&actions, folder_.path().c_str());
  pid_t process = -1;
  const int error =
      posix_spawn(&process, argv[0], &actions, nullptr, argv.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  EXPECT_EQ(error, 0) << "cannot start " << argv[0];
  return process;
}

Outcome Workplace::finish(pid_t process) const {
  int status = 0;
  EXPECT_EQ(waitpid(process, &status, 0), process);
  Outcome outcome;
  outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  outcome.out = contents(streams_.path() / "out");
  outcome.err = contents(streams_.path() / "err");
  return outcome;
}

void Workplace::wait_for_output() const {
  std::error_code ignored;
  for (int i = 0; i < 6000; ++i) {
    if (fs::file_size(streams_.path() / "out", ignored) > 0 && !ignored) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

Outcome Workplace::run(const std::vector<std::string>& words,
                       const std::vector<std::string>& settings) const {
  return finish(start(words, settings));
}

GgufBuilder tiny_gguf_with_tokenizer(const TinySpec& spec) {
  GgufBuilder file = tiny_gguf(make_tiny_model(spec));
  std::vector<std::string> pieces = {"<unk>", "<s>", "</s>", "\xE2\x96\x81"};
  for (char letter = '!'; letter <= '}'; ++letter) pieces.emplace_back(1, letter);
  std::vector<std::int32_t> types(pieces.size(), 1);
  types[0] = 2;
  types[1] = types[2] = 3;
  file.text("tokenizer.ggml.model", "llama");
  file.texts("tokenizer.ggml.tokens", pieces);
  file.f32s("tokenizer.ggml.scores", std::vector<float>(pieces.size(), -1.0F));
  file.i32s("tokenizer.ggml.token_type", types);
  file.u32("tokenizer.ggml.bos_token_id", 1);
  file.u32("tokenizer.ggml.eos_token_id", 2);
  file.u32("tokenizer.ggml.unknown_token_id", 0);
  return file;
}

std::string Workplace::write_model(TinySpec spec) const {
  folder_.write("tiny.gguf", tiny_gguf_with_tokenizer(spec).bytes());
  return "tiny.gguf";
}

std::string Workplace::read(const std::string& name) const {
  return contents(folder_.path() / name);
}

bool Workplace::has(const std::string& name) const { return fs::exists(folder_.path() / name); }

std::vector<std::string> Workplace::names() const {
  std::vector<std::string> all;
  for (const auto& entry : fs::directory_iterator(folder_.path())) {
    all.push_back(entry.path().filename().string());
  }
  std::ranges::sort(all);
  return all;
}

}  // namespace metronome::harness
