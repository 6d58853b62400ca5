// SPDX-License-Identifier: Apache-2.0
// `metronome report` end to end on a tiny model: one file that needs nothing, whose numbers add up,
// made from a model or from what a run wrote.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <sstream>

#include "tests/cli/program_run.h"

namespace metronome::harness {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using Words = std::vector<std::string>;

std::string between(const std::string& text, const std::string& from, const std::string& to) {
  const std::size_t begin = text.find(from);
  if (begin == std::string::npos) return "";
  const std::size_t start = begin + from.size();
  return text.substr(start, text.find(to, start) - start);
}

class Report : public ::testing::Test {
 protected:
  void SetUp() override { model_ = workplace_.write_model(); }

  Outcome report(const Words& more) const {
    Words words = {"report"};
    words.insert(words.end(), more.begin(), more.end());
    return workplace_.run(words);
  }
  /// Of the tiny model without a comparison.
  std::string page(const Words& more = {}) const {
    Words words = {model_, "--prompt", "Hi", "--tokens", "4", "--runs", "0", "-o", "r.html"};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = report(words);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return workplace_.read("r.html");
  }
  static json::object data(const std::string& page) {
    return json::parse(between(page, "id=\"report-data\">", "</script>")).as_object();
  }
  static std::int64_t count(const json::object& data, const char* column) {
    return data.at("columns").at(column).at("count").to_number<std::int64_t>();
  }

  Workplace workplace_;
  std::string model_;
};

TEST_F(Report, IsOneFileThatAsksForNothing) {
  const std::string html = page();
  EXPECT_THAT(html, StartsWith("<!doctype html>"));
  for (const char* outside : {"src=\"", "href=\"http", "@import", "url(http", "@@"}) {
    EXPECT_THAT(html, Not(HasSubstr(outside)));
  }
  EXPECT_LT(html.size(), 10U << 20U);
  EXPECT_EQ(workplace_.names(), (Words{"r.html", model_}));
}

TEST_F(Report, SaysInOneLineWhatItWrote) {
  const Outcome outcome = report({model_, "--runs", "0", "--tokens", "1", "-o", "r.html"});
  EXPECT_THAT(outcome.out, StartsWith("r.html: "));
  EXPECT_THAT(outcome.out, HasSubstr("tiny on lpu:groq1"));
  EXPECT_THAT(outcome.err, IsEmpty());
}

TEST_F(Report, ColumnsAndRowsTellOfOneRun) {
  const std::string text = page();
  const json::object all = data(text);
  EXPECT_EQ(all.at("schema"), "metronome.report/1");
  const std::int64_t cycles = all.at("program").at("simulatedCycles").to_number<std::int64_t>();
  EXPECT_EQ(all.at("program").at("predictedCycles").to_number<std::int64_t>(), cycles);
  std::int64_t issued = 0;
  for (const json::value& unit : all.at("units").as_array()) {
    issued += unit.at("issued").as_int64();
    EXPECT_EQ(unit.at("busy").as_int64() + unit.at("idle").as_int64(), cycles) << unit.at("path");
  }
  EXPECT_EQ(count(all, "issues.cycle"), issued);
  EXPECT_EQ(count(all, "issues.stream_program"), issued);
  EXPECT_EQ(count(all, "drives.lanes"), 16 * count(all, "drives.issue"));
  EXPECT_GT(count(all, "samples.drive"), 0);
  for (const json::value& row : all.at("layers").as_array()) {
    EXPECT_LE(row.at("bound").as_int64(), row.at("achieved").as_int64()) << row.at("name");
  }
  EXPECT_EQ(all.at("conflict").at("culprits").as_array().size(), 2U);
  EXPECT_TRUE(all.at("comparison").is_null());
}

TEST_F(Report, ShowsThePositionAskedFor) {
  const json::object all = data(page({"--position", "2"}));
  EXPECT_EQ(all.at("program").at("position"), 2);
  const Outcome beyond =
      report({model_, "--prompt", "Hi", "--tokens", "1", "--position", "9", "-o", "r.html"});
  EXPECT_EQ(beyond.code, 2);
  EXPECT_THAT(beyond.err,
              HasSubstr("--position: found 9, the run feeds positions 0 to 3; --tokens"));
}

TEST_F(Report, IsTheSameBytesEachTime) {
  const std::string first = page();
  EXPECT_EQ(page(), first);
}

TEST_F(Report, OfAFileOfARunShowsThatRunAndNoOther) {
  const Outcome run =
      workplace_.run({"run", model_, "--prompt", "Hi", "--tokens", "5", "--temperature", "0.9",
                      "--seed", "3", "--context", "32", "--json", "run.json", "--quiet"});
  ASSERT_EQ(run.code, 0) << run.err;
  ASSERT_EQ(report({"run.json", "--runs", "0", "-o", "r.html"}).code, 0);
  const json::object all = data(workplace_.read("r.html"));
  const json::value told = json::parse(workplace_.read("run.json"));
  const std::string text = std::string(all.at("run").at("prompt").as_string()) +
                           std::string(all.at("run").at("text").as_string());
  EXPECT_EQ(text, told.at("text").as_string());
  EXPECT_EQ(all.at("model").at("context"), 32);

  json::value changed = told;
  changed.as_object()["generated_ids"].as_array()[0] = 1;
  workplace_.write("changed.json", json::serialize(changed));
  const Outcome refused = report({"changed.json", "--runs", "0", "-o", "c.html"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("changed.json: tokens of the run made now differ"));
  EXPECT_FALSE(workplace_.has("c.html"));
}

TEST_F(Report, OfAFileOfAComparisonShowsIt) {
  const Outcome compared =
      workplace_.run({"compare", model_, "--prompt", "Hi", "--tokens", "1", "--runs", "2",
                      "--machines", "lpu:teaching,gpu:teaching", "--json", "c.json", "--quiet"});
  ASSERT_EQ(compared.code, 0) << compared.err;
  const Outcome outcome = report({"c.json", "-o", "r.html"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const json::object all = data(workplace_.read("r.html"));
  EXPECT_EQ(all.at("comparison"), json::parse(workplace_.read("c.json")));
  EXPECT_EQ(all.at("chip").at("name"), "teaching");
  EXPECT_EQ(all.at("run").at("prompt"), "Hi");
}

TEST_F(Report, OfAnImageShowsItsRun) {
  ASSERT_EQ(workplace_.run({"compile", model_, "-o", "tiny.mtm"}).code, 0);
  const Outcome outcome = report({"tiny.mtm", "--prompt", "Hi", "--tokens", "2", "-o", "r.html"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const json::object all = data(workplace_.read("r.html"));
  EXPECT_EQ(all.at("program").at("simulatedCycles"), all.at("program").at("predictedCycles"));
  EXPECT_TRUE(all.at("comparison").is_null());
  const Outcome compared = report({"tiny.mtm", "--runs", "2", "-o", "r.html"});
  EXPECT_EQ(compared.code, 2);
  EXPECT_THAT(compared.err, HasSubstr("an image holds one machine's program"));
}

/// The text with its first single Read a cycle later.
std::string with_a_late_read(const std::string& assembly) {
  std::string out;
  bool moved = false;
  std::istringstream lines(assembly);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t colon = line.find(": Read ");
    if (!moved && colon != std::string::npos && line.find(" x") == std::string::npos) {
      line = std::to_string(std::stoll(line.substr(0, colon)) + 1) + line.substr(colon);
      moved = true;
    }
    out += line + "\n";
  }
  return out;
}

TEST_F(Report, OfAScheduleThatTheJudgeRejectsShowsWhereAndWhy) {
  ASSERT_EQ(workplace_.run({"compile", model_, "-o", "tiny.mtm"}).code, 0);
  workplace_.write("bad.mta", with_a_late_read(workplace_.run({"disasm", "tiny.mtm"}).out));
  ASSERT_EQ(workplace_.run({"asm", "bad.mta", "-o", "bad.mtm"}).code, 0);
  const Outcome judged = workplace_.run({"check", "bad.mtm"});
  ASSERT_EQ(judged.code, 1);
  const Outcome outcome = report({"bad.mtm", "-o", "r.html"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("which the judge rejects"));
  const json::object all = data(workplace_.read("r.html"));
  EXPECT_EQ(all.at("program").at("simulatedCycles"), 0);
  EXPECT_GT(count(all, "issues.cycle"), 0);
  EXPECT_EQ(count(all, "drives.issue"), 0);
  const json::object& conflict = all.at("conflict").as_object();
  EXPECT_THAT(judged.err, HasSubstr(std::string(conflict.at("verdict").as_string())));
  EXPECT_EQ(conflict.at("culprits").as_array().size(), 2U);
  for (const json::value& culprit : conflict.at("culprits").as_array()) {
    EXPECT_GE(culprit.at("issue").as_int64(), 0);
    EXPECT_FALSE(culprit.at("text").as_string().empty());
  }
}

TEST_F(Report, ComparesByItself) {
  const Outcome outcome =
      report({model_, "--prompt", "Hi", "--tokens", "1", "--runs", "2", "--context", "16", "--chip",
              "teaching", "--machines", "lpu:teaching,gpu:teaching", "-o", "r.html"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const json::object all = data(workplace_.read("r.html"));
  const json::array& machines = all.at("comparison").at("machines").as_array();
  ASSERT_EQ(machines.size(), 2U);
  EXPECT_EQ(machines[1].at("name"), "gpu:teaching");
  EXPECT_EQ(machines[1].at("runs").as_array().size(), 2U);
}

/// A document of a run of the shipped model, with one field as given.
std::string run_document(const std::string& field) {
  json::object run = json::parse(R"({"schema": "metronome.run/1", "model_file": "",
      "machine": "lpu:groq1", "chip": "groq1", "context": 64, "prompt_ids": [1],
      "generated_ids": [], "temperature": 0.0, "top_p": 1.0, "seed": 0, "tokens": []})")
                         .as_object();
  const json::object changes = json::parse("{" + field + "}").as_object();
  for (const auto& given : changes) {
    run[given.key()] = given.value();
  }
  return json::serialize(run);
}

TEST_F(Report, WritesUtf8WhateverThePromptHolds) {
  const Outcome outcome =
      report({model_, "--prompt", "a\xff", "--tokens", "1", "--runs", "1", "--context", "16",
              "--machines", "lpu:groq1,gpu:teaching", "-o", "r.html"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const json::object all = data(workplace_.read("r.html"));
  EXPECT_EQ(all.at("comparison").at("prompt"), "a\xef\xbf\xbd");
}

TEST_F(Report, ComparesTheLpuOfThePage) {
  const Outcome outcome = report({model_, "--prompt", "Hi", "--tokens", "1", "--runs", "1",
                                  "--context", "16", "--chip", "teaching", "-o", "r.html"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  const json::object all = data(workplace_.read("r.html"));
  const json::value& lpu = all.at("comparison").at("machines").as_array()[0];
  EXPECT_EQ(lpu.at("name"), "lpu:teaching");
  EXPECT_EQ(lpu.at("runs").as_array()[0].at("tokens").as_array().back().at("cycles"),
            all.at("program").at("simulatedCycles"));
}

TEST_F(Report, RefusesWhatItCannotShow) {
  workplace_.write("gpu.json", R"({"schema": "metronome.run/1", "machine": "gpu:h100"})");
  workplace_.write("old.json", R"({"schema": "metronome.run/1", "machine": "lpu:groq1"})");
  workplace_.write("ids.json", run_document(R"("prompt_ids": [4294967297])"));
  workplace_.write("far.json", run_document(R"("prompt_ids": [99999999])"));
  workplace_.write("seed.json", run_document(R"("seed": -1)"));
  workplace_.write("chip.json", run_document(R"("chip": "teaching")"));
  workplace_.write("bare.json", R"({"schema": "metronome.compare/1", "model_file": "",
                                    "prompt": "x", "context": 8, "machines": [{"name": "a"}]})");
  workplace_.write("other.json", R"({"schema": "something/9"})");
  workplace_.write("half.json", R"({"schema": )");
  struct Row {
    Words words;
    const char* message;
  };
  const Row rows[] = {
      {{model_}, "report: --output is missing"},
      {{"gpu.json", "-o", "r.html"},
       "gpu.json: machine: found gpu:h100, a report shows a schedule"},
      {{"old.json", "-o", "r.html"}, "old.json: model_file: is missing; write the file anew"},
      {{"ids.json", "-o", "r.html"}, "ids.json: prompt_ids: found 4294967297, expected 0 to"},
      {{"far.json", "-o", "r.html"}, "far.json: prompt_ids: found 99999999, the model has tokens"},
      {{"seed.json", "-o", "r.html"}, "seed.json: seed: found -1, expected 0 to"},
      {{"chip.json", "-o", "r.html"}, "chip.json: machine: found lpu:groq1 beside chip teaching"},
      {{"bare.json", "-o", "r.html"}, "bare.json: clock_hz: is missing"},
      {{model_, "--runs", "0", "--machines", "foo", "-o", "r.html"}, "--machines: found"},
      {{model_, "--chip", "teaching", "--machines", "lpu:groq1", "-o", "r.html"},
       "--machines: found lpu:groq1, the page shows lpu:teaching"},
      {{model_, "--prompt", "Hi", "--context", "8", "--position", "9", "-o", "r.html"},
       "--position: found 9, the context has positions 0 to 7"},
      {{"other.json", "-o", "r.html"}, "other.json: schema: found something/9, expected"},
      {{"half.json", "-o", "r.html"}, "half.json: file: is not a whole JSON document"},
      {{"none.gguf", "-o", "r.html"}, "none.gguf: file: "},
      {{model_, "-o", "r.html", "--machines", "gpu:h200x"}, "--machines: found"},
      {{model_, "-o", model_}, "is the input"},
  };
  for (const Row& row : rows) {
    const Outcome outcome = report(row.words);
    EXPECT_EQ(outcome.code, 2) << row.message;
    EXPECT_THAT(outcome.err, HasSubstr(row.message));
    EXPECT_FALSE(workplace_.has("r.html"));
  }
}

}  // namespace
}  // namespace metronome::harness
