// Which price holds for what a client calls a provider and a model.
#include "pricing/price_book.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "pricing/providers.hpp"

namespace sentinel::pricing {
namespace {

const Timestamp kAutumn = parse_rfc3339("2026-09-24T12:00:00Z").value();

// "provider model" of what was found in the bundled prices, "" for nothing.
std::string found(std::string_view provider, std::string_view model) {
  auto book = PriceBook::bundled();
  const auto* price = book->find(provider, model)->at(kAutumn);
  if (!price) return "";
  for (const auto& entry : book->entries()) {
    for (const auto& one : entry.prices) {
      if (&one == price) return entry.provider + " " + entry.model;
    }
  }
  return "from nowhere";
}

std::string said(const Result<MatchRule>& rule) { return rule ? "" : rule.error().message; }

TEST(MatchRule, HasTheKindsOfThePriceSource) {
  auto holds = [](std::string_view json, std::string_view name) {
    return MatchRule::parse(json).value().matches(name);
  };
  EXPECT_TRUE(holds(R"({"equals":"GPT-4o"})", "gpt-4o"));
  EXPECT_FALSE(holds(R"({"equals":"gpt-4o"})", "gpt-4o-mini"));
  EXPECT_TRUE(holds(R"({"starts_with":"gpt-"})", "gpt-4o"));
  EXPECT_FALSE(holds(R"({"starts_with":"gpt-"})", "x-gpt-4o"));
  EXPECT_TRUE(holds(R"({"ends_with":":free"})", "a/b:free"));
  EXPECT_TRUE(holds(R"({"contains":"claude"})", "us.anthropic.claude-3"));
  EXPECT_TRUE(holds(R"({"regex":"^gpt-5\\.4-\\d{4}$"})", "gpt-5.4-2026"));
  EXPECT_FALSE(holds(R"({"regex":"^gpt-5\\.4-\\d{4}$"})", "gpt-5x4-2026"));
  EXPECT_TRUE(holds(R"({"or":[{"equals":"a"},{"equals":"b"}]})", "b"));
  EXPECT_FALSE(holds(R"({"and":[{"starts_with":"a"},{"ends_with":"c"}]})", "ab"));
  EXPECT_TRUE(holds(R"({"not":{"equals":"a"}})", "b"));
  EXPECT_FALSE(holds(R"({"or":[]})", "a"));
}

TEST(MatchRule, RefusesWhatItDoesNotUnderstand) {
  EXPECT_EQ(said(MatchRule::parse("{")), "the rule is no JSON");
  EXPECT_THAT(said(MatchRule::parse("[]")), ::testing::HasSubstr("an object with one member"));
  EXPECT_THAT(said(MatchRule::parse(R"({"equals":"a","contains":"b"})")),
              ::testing::HasSubstr("an object with one member"));
  EXPECT_EQ(said(MatchRule::parse(R"({"like":"a"})")),
            "there is no rule 'like'; there are equals, starts_with, ends_with, contains, regex, "
            "and, or, not");
  EXPECT_EQ(said(MatchRule::parse(R"({"equals":""})")), "equals: a text of 1 to 500 bytes");
  EXPECT_EQ(said(MatchRule::parse(R"({"equals":7})")), "equals: a text of 1 to 500 bytes");
  EXPECT_EQ(said(MatchRule::parse(R"({"or":{"equals":"a"}})")), "and, or: an array of rules");
  EXPECT_THAT(said(MatchRule::parse(R"x({"regex":"("})x")), ::testing::HasSubstr("the regex '('"));
  EXPECT_THAT(said(MatchRule::parse(R"x({"regex":"^(?!a)"})x")), ::testing::HasSubstr("refused"));
  std::string deep = R"({"equals":"a"})";
  for (int i = 0; i < 8; ++i) deep = fmt::format(R"({{"not":{}}})", deep);
  EXPECT_EQ(said(MatchRule::parse(deep)), "rules are nested deeper than 8");
}

TEST(MatchRule, MatchesInLinearTimeWhateverTheRegex) {
  auto rule = MatchRule::parse(R"x({"regex":"^(a+)+$"})x").value();
  EXPECT_FALSE(rule.matches(std::string(200, 'a') + "b"));
}

TEST(Providers, AreKnownByTheNamesOfOpenTelemetry) {
  auto id = [](std::string_view name) {
    return std::string(Providers::known().id_of(name).value_or("-"));
  };
  EXPECT_EQ(id("openai"), "openai");
  EXPECT_EQ(id("anthropic"), "anthropic");
  EXPECT_EQ(id("aws.bedrock"), "aws");
  EXPECT_EQ(id("aws_bedrock"), "aws");
  EXPECT_EQ(id("azure.ai.openai"), "azure");
  EXPECT_EQ(id("azure.ai.inference"), "azure");
  EXPECT_EQ(id("az.ai.openai"), "azure");
  EXPECT_EQ(id("gcp.vertex_ai"), "google");
  EXPECT_EQ(id("gcp.gemini"), "google");
  EXPECT_EQ(id("gcp.gen_ai"), "google");
  EXPECT_EQ(id("x_ai"), "x-ai");
  EXPECT_EQ(id("xai"), "x-ai");
  EXPECT_EQ(id("mistral_ai"), "mistral");
  EXPECT_EQ(id("moonshot_ai"), "moonshotai");
  EXPECT_EQ(id("deepseek"), "deepseek");
  EXPECT_EQ(id("groq"), "groq");
  EXPECT_EQ(id("cohere"), "cohere");
  EXPECT_EQ(id("perplexity"), "perplexity");
  EXPECT_EQ(id("ibm.watsonx.ai"), "-");
  EXPECT_EQ(id("ollama"), "-");
  EXPECT_EQ(id("vllm"), "-");
  EXPECT_EQ(id(""), "-");
  EXPECT_EQ(Providers::known().makers().front().id, "anthropic");
  EXPECT_EQ(Providers::known().makers().size() + Providers::known().resellers().size(), 43u);
}

TEST(PriceBook, FindsTheModelOfItsProvider) {
  EXPECT_EQ(found("anthropic", "claude-sonnet-4-5-20250929"), "anthropic claude-sonnet-4-5");
  EXPECT_EQ(found("openai", "gpt-4o-mini"), "openai gpt-4o-mini");
  EXPECT_EQ(found("aws.bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
            "aws regional.anthropic.claude-sonnet-4-5-20250929-v1:0");
  EXPECT_EQ(found("x_ai", "grok-3"), "x-ai grok-3");
  EXPECT_EQ(found("x_ai", "grok-3-fast"), "x-ai grok-3-fast");
  EXPECT_EQ(found("OpenRouter", "openai/gpt-4.1"), "openrouter openai/gpt-4.1");
  EXPECT_EQ(found(" OpenAI ", " GPT-4o "), "openai gpt-4o");
}

TEST(PriceBook, StripsTheLongContextOfClaudeCode) {
  EXPECT_EQ(found("anthropic", "claude-sonnet-4-5[1m]"), "anthropic claude-sonnet-4-5");
  EXPECT_EQ(found("", "claude-opus-4-7[1m]"), "anthropic claude-opus-4-7");
}

TEST(PriceBook, FallsBackToTheMakerForThoseWhoSellAtItsPrice) {
  EXPECT_EQ(found("azure.ai.openai", "gpt-4o"), "openai gpt-4o");
  EXPECT_EQ(found("gcp.vertex_ai", "claude-opus-4-7"), "google claude-opus-4-7");
}

TEST(PriceBook, TakesTheProviderFromTheModelsNameWhereNoneIsSent) {
  EXPECT_EQ(found("", "claude-haiku-4-5"), "anthropic claude-haiku-4-5");
  EXPECT_EQ(found("", "gpt-4o"), "openai gpt-4o");
  EXPECT_EQ(found("", "gemini-2.5-pro"), "google gemini-2.5-pro");
  EXPECT_EQ(found("", "mistral-large-latest"), "mistral mistral-large");
  EXPECT_EQ(found("", "text-embedding-3-small"), "openai text-embedding-3-small");
  // As LiteLLM and others write it.
  EXPECT_EQ(found("", "anthropic/claude-haiku-4-5"), "anthropic claude-haiku-4-5");
  EXPECT_EQ(found("litellm", "azure/gpt-4o"), "openai gpt-4o");
  EXPECT_EQ(found("anthropic", "anthropic/claude-haiku-4-5"), "anthropic claude-haiku-4-5");
  // Bedrock's names.
  EXPECT_EQ(found("", "us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
            "aws regional.anthropic.claude-sonnet-4-5-20250929-v1:0");
}

TEST(PriceBook, KnowsNothingRatherThanAPriceOfSomebodyElse) {
  EXPECT_EQ(found("openai", "claude-haiku-4-5"), "");
  EXPECT_EQ(found("ollama", "gpt-4o"), "");
  EXPECT_EQ(found("", "my-own-model"), "");
  EXPECT_EQ(found("", ""), "");
  EXPECT_EQ(found("openai", ""), "");
  // Several resellers have it, at different prices.
  EXPECT_EQ(found("", "meta-llama/llama-3.3-70b-instruct"), "");
}

TEST(PriceBook, TakesThePriceThatWasInForce) {
  auto book = PriceBook::bundled();
  auto prices = book->find("openai", "gpt-5.6-sol");
  EXPECT_EQ(prices->at(parse_rfc3339("2026-08-20T23:59:59Z").value())->rates.input, 5'000'000);
  EXPECT_EQ(prices->at(parse_rfc3339("2026-08-21T00:00:00Z").value())->rates.input, 4'000'000);
  // Full price from 1 to 4 and from 6 to 10 o'clock UTC.
  prices = book->find("deepseek", "deepseek-v4-flash");
  EXPECT_EQ(prices->at(parse_rfc3339("2026-09-24T02:30:00Z").value())->rates.input, 440'000);
  EXPECT_EQ(prices->at(parse_rfc3339("2026-09-24T05:00:00Z").value())->rates.input, 220'000);
}

// A bundled price and the overrides `rows`.
std::shared_ptr<const PriceBook> book_with(std::string_view rows) {
  auto book = PriceBook::parse(fmt::format(
      R"({{"source":"genai-prices","version":"9","published":"2026-09-23","newest":12,"prices":[
        {{"provider":"openai","model":"gpt-4o","match":{{"equals":"gpt-4o"}},"input":100,"output":100}}{}{}]}})",
      rows.empty() ? "" : ",", rows));
  EXPECT_TRUE(book.has_value()) << book.error().message;
  return *book;
}

std::optional<int64_t> input_price(const PriceBook& book, std::string_view provider,
                                   std::string_view model, Timestamp time = kAutumn) {
  const auto* price = book.find(provider, model)->at(time);
  return price ? price->rates.input : std::nullopt;
}

TEST(PriceBook, PrefersOverrides) {
  auto book = book_with(R"(
    {"provider":"","match":{"starts_with":"gpt-"},"input":1,"source":"user","version":"user-1"},
    {"provider":"openai","match":{"starts_with":"gpt-"},"input":2,"source":"user","version":"user-2"},
    {"provider":"openai","match":{"equals":"gpt-4o"},"input":3,"source":"user","version":"user-3"},
    {"provider":"openai","match":{"contains":"4o"},"input":4,"source":"user","version":"user-4"},
    {"provider":"","match":{"equals":"llama"},"input":5,"source":"user","version":"user-5"},
    {"provider":"gcp.vertex_ai","match":{"equals":"gemma"},"input":6,"source":"user","version":"user-6"},
    {"provider":"my-gateway","match":{"equals":"house-model"},"input":0,"output":0,"source":"user"})");
  EXPECT_EQ(input_price(*book, "openai", "gpt-4o"), 3);       // one model
  EXPECT_EQ(input_price(*book, "openai", "gpt-4o-mini"), 4);  // set later than the other rule
  EXPECT_EQ(input_price(*book, "openai", "gpt-5"), 2);        // its provider
  EXPECT_EQ(input_price(*book, "azure", "gpt-5"), 1);         // any provider
  EXPECT_EQ(input_price(*book, "ollama", "llama"), 5);        // one that no list has
  EXPECT_EQ(input_price(*book, "gcp.gemini", "gemma"), 6);    // the same provider by another name
  EXPECT_EQ(input_price(*book, "my-gateway", "house-model"), 0);
  EXPECT_EQ(input_price(*book, "other", "house-model"), std::nullopt);
  EXPECT_EQ(book->find("openai", "gpt-4o")->at(kAutumn)->version, "user-3");
  EXPECT_EQ(book->version(), "9");
  EXPECT_EQ(book->newest(), 12);
  EXPECT_EQ(format_rfc3339(book->published()), "2026-09-23T00:00:00Z");
}

TEST(PriceBook, LeavesTheBundledPriceToTheTimeBeforeAnOverride) {
  auto book = book_with(R"(
    {"provider":"openai","match":{"equals":"gpt-4o"},"from":"2026-06-01T00:00:00Z","input":7,"source":"user"},
    {"provider":"openai","match":{"equals":"gpt-4o"},"from":"2026-08-01T00:00:00Z","input":8,"source":"user"})");
  auto at = [&](std::string_view day) {
    return input_price(*book, "openai", "gpt-4o",
                       parse_rfc3339(fmt::format("{}T00:00:00Z", day)).value());
  };
  EXPECT_EQ(at("2026-05-31"), 100);
  EXPECT_EQ(at("2026-06-01"), 7);
  EXPECT_EQ(at("2026-08-01"), 8);
}

TEST(PriceBook, ReadsTiersAsChanges) {
  auto book = book_with(R"(
    {"provider":"openai","match":{"equals":"x"},"input":10,"output":20,"cache_read":1,"source":"user",
     "tiers":[{"above":100,"input":11},{"above":200,"output":22}]})");
  const auto* price = book->find("openai", "x")->at(kAutumn);
  ASSERT_EQ(price->tiers.size(), 2u);
  EXPECT_EQ(price->tiers[0].rates.input, 11);
  EXPECT_EQ(price->tiers[0].rates.output, 20);
  EXPECT_EQ(price->tiers[1].rates.input, 11);
  EXPECT_EQ(price->tiers[1].rates.output, 22);
  EXPECT_EQ(price->tiers[1].rates.cache_read, 1);
}

TEST(PriceBook, RefusesABookThatIsBroken) {
  auto refusal = [](std::string_view json) {
    auto book = PriceBook::parse(json);
    return book ? "" : book.error().message;
  };
  EXPECT_EQ(refusal("[]"), "the prices are no JSON, or hold no prices");
  EXPECT_EQ(refusal(R"({"prices":[{"provider":"a","model":"b"}]})"),
            "price of 'a' 'b': a price without match");
  EXPECT_THAT(refusal(R"({"prices":[{"match":{"like":"b"}}]})"),
              ::testing::HasSubstr("there is no rule 'like'"));
  EXPECT_THAT(refusal(R"({"prices":[{"match":{"equals":"b"},"from":"soon"}]})"),
              ::testing::HasSubstr("from: "));
  EXPECT_THAT(refusal(R"({"prices":[{"match":{"equals":"b"},"hours":[1]}]})"),
              ::testing::HasSubstr("hours must be two seconds of the day"));
  EXPECT_THAT(refusal(R"({"prices":[{"match":{"equals":"b"},"tiers":[{"above":5},{"above":5}]}]})"),
              ::testing::HasSubstr("tiers must ascend"));
  EXPECT_THAT(refusal(R"({"prices":[{"match":{"equals":"b"},"tiers":[{}]}]})"),
              ::testing::HasSubstr("a tier without above"));
  EXPECT_THAT(refusal(R"({"published":"soon","prices":[]})"), ::testing::HasSubstr("published: "));
}

TEST(PriceBook, RemembersWhatItFoundWithinABound) {
  auto book = book_with("");
  auto first = book->find("openai", "gpt-4o");
  EXPECT_EQ(book->find("openai", "gpt-4o"), first);
  EXPECT_EQ(book->remembered(), 1u);
  for (size_t i = 0; i < PriceBook::kRememberedMax; ++i)
    book->find("", fmt::format("invented-{}", i));
  EXPECT_LE(book->remembered(), PriceBook::kRememberedMax);
  EXPECT_EQ(first->at(kAutumn)->rates.input, 100);
  EXPECT_EQ(input_price(*book, "openai", "gpt-4o"), 100);
}

TEST(PriceBook, IsAskedByManyThreads) {
  auto book = book_with("");
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        EXPECT_EQ(input_price(*book, "openai", "gpt-4o"), 100);
        EXPECT_EQ(input_price(*book, "openai", fmt::format("none-{}", i)), std::nullopt);
      }
    });
  }
}

}  // namespace
}  // namespace sentinel::pricing
