#include "demo/roster.hpp"

#include <fmt/format.h>

#include <array>
#include <iterator>

#include "demo/dice.hpp"

namespace sentinel::demo {

// All of them are in backend/data/model_prices.json but the last, which is the company's own.
constexpr Model kOutageModel{"anthropic", "claude-sonnet-5", 640, 0, true};
constexpr Model kDearModel{"anthropic", "claude-opus-5-5", 1100, 0.2, true};
constexpr Model kHalfPriceModel = kOutageModel;

namespace {

constexpr Model kHaiku{"anthropic", "claude-haiku-4-5", 310, 0, true};
constexpr Model kSol{"openai", "gpt-5.6-sol", 900, 0.45, false};
constexpr Model kTerra{"openai", "gpt-5.6-terra", 620, 0.3, false};
constexpr Model kLuna{"openai", "gpt-5.6-luna", 280, 0, false};
constexpr Model kEmbedding{"openai", "text-embedding-3-large"};
constexpr Model kGemini{"google", "gemini-3.8-flash", 260, 0.15, false};
constexpr Model kMistral{"mistral", "mistral-large-2512", 380, 0, false, 500'000, 1'500'000};
constexpr Model kDeepseek{"deepseek", "deepseek-v4-flash", 520, 0.35, false};
constexpr Model kGrok{"x-ai", "grok-4.5", 450, 0.25, false, 2'000'000, 6'000'000};
constexpr Model kHouse{"vllm", "acme-extract-8b", 90, 0, false};  // nobody knows a price of it

struct Role {
  std::string_view name, description, team;
  const Model* model;
  std::string_view host;
  int gpus;
  Rhythm rhythm;
  double requests_per_min, latency_ms, input_tokens, output_tokens, cached_share;
  double memory_mb, cpu_percent, error_share;
  bool reports_cost = false;
};

constexpr Rhythm kOffice = Rhythm::Office;
constexpr Rhythm kAlways = Rhythm::AroundTheClock;
constexpr Rhythm kNight = Rhythm::Night;

// Agents without a host send at least three requests a minute, so that each has a record a minute
// at any hour.
// clang-format off
const Role kRoles[] = {
  // name, description, team, model, host, gpus, rhythm, req/min, latency, input, output, cached, memory, cpu, errors
  {"support-bot", "Answers customers in the chat", "support", &kOutageModel, "prod-01", 0, kOffice, 6, 1900, 3400, 260, 0.6, 620, 14, 0.004},
  {"code-review", "Reads pull requests and comments on them", "platform", &kSol, "build-01", 0, kOffice, 1.5, 9500, 11000, 900, 0.4, 1100, 22, 0.008},
  {"search-assistant", "Answers questions from the documents of the company", "search", &kTerra, "prod-02", 0, kOffice, 5, 1500, 4200, 240, 0.3, 780, 18, 0.003},
  {"contract-analyst", "Reads contracts and lists their risks", "legal", &kDearModel, "prod-02", 0, kOffice, 1.2, 14000, 16000, 1100, 0, 900, 9, 0.006},
  {"research-agent", "Searches, reads and writes a report", "strategy", &kDearModel, "prod-01", 0, kAlways, 1, 21000, 9000, 1500, 0.5, 1300, 16, 0.012},
  {"invoice-reader", "Takes amounts and dates from invoices", "finance", &kGemini, "prod-02", 0, kOffice, 4, 2300, 2600, 180, 0, 540, 12, 0.005},
  {"data-migration", "Maps old records to the new schema", "data", &kLuna, "build-01", 0, kAlways, 2, 1100, 1500, 320, 0, 410, 26, 0.01},
  {"nightly-report", "Writes the report of the day", "finance", &kTerra, "prod-01", 0, kNight, 2, 8200, 6800, 1300, 0.2, 690, 15, 0.004},
  {"doc-extractor", "Takes fields from scanned pages", "operations", &kHouse, "gpu-01", 2, kOffice, 8, 620, 1900, 210, 0, 9200, 31, 0.003},
  {"ticket-triage", "Routes tickets to those who can solve them", "support", &kHaiku, "", 0, kAlways, 7, 780, 1300, 60, 0.5, 0, 0, 0.003},
  {"doc-indexer", "Embeds documents for the search", "search", &kEmbedding, "prod-02", 0, kNight, 9, 240, 5200, 0, 0, 830, 28, 0.002},
  {"sql-writer", "Turns questions into SQL", "data", &kOutageModel, "", 0, kAlways, 4, 2600, 3900, 220, 0.7, 0, 0, 0.009},
  {"meeting-notes", "Sums up meetings", "productivity", &kGemini, "prod-01", 0, kOffice, 1.4, 5200, 14000, 700, 0, 520, 8, 0.005},
  {"fraud-screen", "Explains why a payment looks odd", "payments", &kMistral, "", 0, kAlways, 12, 950, 900, 90, 0, 0, 0, 0.002, true},
  {"incident-responder", "Reads logs and alerts and proposes a cause", "platform", &kDearModel, "build-01", 0, kAlways, 0.8, 16500, 13000, 1000, 0.4, 760, 10, 0.01},
  {"translator", "Translates the shop into nine languages", "content", &kDeepseek, "", 0, kAlways, 5, 3100, 1100, 900, 0, 0, 0, 0.006},
  {"recommender", "Ranks products for a customer", "shop", &kHouse, "gpu-02", 4, kAlways, 15, 180, 700, 30, 0, 18000, 44, 0.001},
  {"email-drafter", "Drafts answers to mails", "sales", &kLuna, "", 0, kAlways, 4, 1700, 1800, 280, 0.3, 0, 0, 0.004},
  {"test-writer", "Writes unit tests for changed code", "platform", &kSol, "build-01", 0, kOffice, 1, 18000, 9000, 1900, 0.5, 1200, 35, 0.015},
  {"image-captioner", "Describes pictures of products", "content", &kHouse, "gpu-01", 1, kNight, 6, 840, 1600, 120, 0, 12500, 38, 0.004},
  {"compliance-check", "Compares texts with the rules in force", "legal", &kTerra, "prod-02", 0, kOffice, 1.1, 6400, 8200, 420, 0.6, 560, 7, 0.003},
  {"price-watcher", "Reads the prices of competitors", "shop", &kDeepseek, "", 0, kAlways, 6, 2400, 2200, 140, 0, 0, 0, 0.02},
  {"onboarding-guide", "Guides new colleagues through their first weeks", "people", &kHaiku, "prod-01", 0, kOffice, 0.8, 1600, 2800, 310, 0.5, 430, 5, 0.003},
  {"log-analyst", "Finds patterns in logs", "platform", &kGrok, "build-01", 0, kAlways, 1.6, 4300, 7600, 330, 0, 950, 21, 0.006, true},
  {"sales-outreach", "Writes first mails to prospects", "sales", &kMistral, "prod-02", 0, kOffice, 2, 2900, 1400, 360, 0, 480, 9, 0.005, true},
  {"chat-router", "Decides which agent answers", "support", &kLuna, "", 0, kAlways, 14, 410, 600, 20, 0.2, 0, 0, 0.002},
  {"security-triage", "Judges alerts of the security systems", "security", &kOutageModel, "", 0, kAlways, 3.5, 5100, 5600, 480, 0.5, 0, 0, 0.007},
  {"release-notes", "Writes release notes from commits", "platform", &kTerra, "build-01", 0, kOffice, 0.5, 7300, 9500, 800, 0, 390, 6, 0.004},
  {"churn-predictor", "Explains which customers may leave", "sales", &kGemini, "prod-01", 0, kNight, 3, 1900, 2400, 150, 0, 610, 17, 0.003},
  {"speech-to-text", "Writes down calls", "support", &kHouse, "gpu-02", 2, kOffice, 4, 2100, 3000, 420, 0, 14200, 29, 0.005},
  {"supply-planner", "Proposes orders to suppliers", "operations", &kSol, "prod-02", 0, kOffice, 0.6, 11500, 7200, 1200, 0.3, 700, 11, 0.006},
  {"hr-assistant", "Answers questions about leave and pay", "people", &kHaiku, "prod-01", 0, kOffice, 1.1, 1400, 2300, 210, 0.6, 420, 5, 0.002},
  {"knowledge-base", "Keeps articles of the help center current", "support", &kGrok, "prod-02", 0, kNight, 1.3, 5600, 6200, 900, 0.2, 580, 10, 0.006, true},
  {"reranker", "Orders what the search found", "search", &kHouse, "gpu-01", 1, kAlways, 16, 95, 1200, 4, 0, 7600, 36, 0.001},
};
// clang-format on

constexpr std::array kSuffixes = {"", "-staging", "-eu", "-us"};
constexpr Fate kFates[] = {Fate::None,         Fate::LeaksMemory, Fate::DeploysSlowness,
                           Fate::ChangesModel, Fate::RunsAway,    Fate::FallsSilent,
                           Fate::Stops,        Fate::IsLate};

}  // namespace

std::vector<Agent> make_agents(uint64_t seed, size_t count) {
  std::vector<Agent> agents;
  agents.reserve(count);
  for (size_t number = 0; number < count; ++number) {
    const auto& role = kRoles[number % std::size(kRoles)];
    const size_t round = number / std::size(kRoles);
    const auto suffix =
        round < kSuffixes.size() ? std::string(kSuffixes[round]) : fmt::format("-{}", round + 1);
    Agent agent;
    agent.number = number;
    agent.key = mix(seed, number);
    agent.name = std::string(role.name) + suffix;
    agent.description = role.description;
    agent.labels = fmt::format(R"({{"team":"{}","environment":"{}"}})", role.team,
                               round == 1 ? "staging" : "production");
    agent.model = role.model;
    agent.host = role.host;
    agent.gpus = role.gpus;
    agent.rhythm = role.rhythm;
    agent.fate = number < std::size(kFates) ? kFates[number] : Fate::None;
    // Staging has less to do, where that leaves a record a minute.
    agent.requests_per_min = role.requests_per_min * (round == 1 && agent.has_process() ? 0.3 : 1);
    agent.latency_ms = role.latency_ms;
    agent.input_tokens = role.input_tokens;
    agent.output_tokens = role.output_tokens;
    agent.cached_share = role.cached_share;
    agent.memory_mb = role.memory_mb;
    agent.cpu_percent = role.cpu_percent;
    agent.error_share = role.error_share;
    agent.reports_cost = role.reports_cost;
    agents.push_back(std::move(agent));
  }
  return agents;
}

}  // namespace sentinel::demo
