// Reads a price book from its JSON.
#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <tuple>

#include "pricing/price_book.hpp"

namespace sentinel::pricing {

namespace {

namespace dom = simdjson::dom;

constexpr std::string_view kOverride = "user";

std::unexpected<Error> invalid(std::string message) {
  return fail(ErrorCode::InvalidArgument, "prices_invalid", std::move(message));
}

std::string text_of(dom::element from, std::string_view key, std::string_view fallback = "") {
  std::string_view text;
  return std::string(from[key].get(text) == simdjson::SUCCESS ? text : fallback);
}

// What a tier does not change stays as it is below.
void read_rates(dom::element from, Rates& rates) {
  auto read = [&](std::string_view key, std::optional<int64_t>& rate) {
    int64_t picos = 0;
    if (from[key].get(picos) == simdjson::SUCCESS && picos >= 0) rate = picos;
  };
  read("input", rates.input);
  read("output", rates.output);
  read("cache_read", rates.cache_read);
  read("cache_write", rates.cache_write);
  read("cache_write_1h", rates.cache_write_1h);
  read("reasoning", rates.reasoning);
  read("input_audio", rates.input_audio);
  read("request", rates.request);
}

std::optional<std::string> read_tiers(dom::element from, Price& price) {
  dom::array tiers;
  if (from["tiers"].get(tiers) != simdjson::SUCCESS) return std::nullopt;
  for (auto item : tiers) {
    Tier tier{.rates = price.tiers.empty() ? price.rates : price.tiers.back().rates};
    if (item["above"].get(tier.above_tokens) != simdjson::SUCCESS) return "a tier without above";
    if (!price.tiers.empty() && tier.above_tokens <= price.tiers.back().above_tokens) {
      return "tiers must ascend";
    }
    read_rates(item, tier.rates);
    price.tiers.push_back(tier);
  }
  return std::nullopt;
}

std::optional<std::string> read_condition(dom::element from, Price& price) {
  if (auto start = text_of(from, "from"); !start.empty()) {
    auto time = parse_rfc3339(start);
    if (!time) return "from: " + time.error().message;
    price.valid_from = *time;
  }
  dom::array hours;
  if (from["hours"].get(hours) == simdjson::SUCCESS) {
    int64_t begin = 0, end = 0;
    if (hours.size() != 2 || hours.at(0).get(begin) != simdjson::SUCCESS ||
        hours.at(1).get(end) != simdjson::SUCCESS) {
      return "hours must be two seconds of the day";
    }
    price.hours = Hours{static_cast<int32_t>(begin), static_cast<int32_t>(end)};
  }
  return std::nullopt;
}

}  // namespace

struct PriceBook::Reader {
  PriceBook& book;
  std::string source;

  std::optional<std::string> add(dom::element item) {
    dom::element match;
    if (item["match"].get(match) != simdjson::SUCCESS) return "a price without match";
    const auto provider = text_of(item, "provider");
    const std::string rule = simdjson::minify(match);
    Price price;
    price.source = text_of(item, "source", source);
    price.version = text_of(item, "version", book.version_);
    read_rates(item, price.rates);
    if (auto wrong = read_condition(item, price)) return wrong;
    if (auto wrong = read_tiers(item, price)) return wrong;
    auto& entries = book.entries_;
    const bool same = !entries.empty() && entries.back().provider == provider &&
                      entries.back().match == rule &&
                      entries.back().prices.front().source == price.source;
    if (!same) {
      auto parsed = MatchRule::parse(rule);
      if (!parsed) return parsed.error().message;
      entries.push_back({provider, text_of(item, "model"), rule, std::move(*parsed), {}});
    }
    entries.back().prices.push_back(std::move(price));
    return std::nullopt;
  }

  // A rule for one provider goes before one for all, one for a single model before one for many,
  // and otherwise the one that was set last.
  void index() {
    auto& entries = book.entries_;
    for (size_t i = 0; i < entries.size(); ++i) {
      if (entries[i].prices.front().source == kOverride) {
        book.overrides_.push_back(i);
        continue;
      }
      auto [range, is_new] = book.by_provider_.try_emplace(entries[i].provider, i, i);
      range->second.second = i + 1;
    }
    std::ranges::sort(book.overrides_, {}, [&](size_t i) {
      return std::tuple(entries[i].provider.empty(), !entries[i].rule.is_exact(),
                        entries.size() - i);
    });
  }
};

Result<std::shared_ptr<const PriceBook>> PriceBook::parse(std::string_view json) {
  dom::parser parser;
  dom::element document;
  dom::array prices;
  if (parser.parse(simdjson::padded_string(json)).get(document) != simdjson::SUCCESS ||
      document["prices"].get(prices) != simdjson::SUCCESS) {
    return invalid("the prices are no JSON, or hold no prices");
  }
  auto book = std::shared_ptr<PriceBook>(new PriceBook);
  book->version_ = text_of(document, "version");
  if (auto day = text_of(document, "published"); !day.empty()) {
    auto time = parse_rfc3339(day + "T00:00:00Z");
    if (!time) return invalid("published: " + time.error().message);
    book->published_ = *time;
  }
  if (document["newest"].get(book->newest_) != simdjson::SUCCESS) book->newest_ = 0;
  Reader reader{*book, text_of(document, "source")};
  for (auto item : prices) {
    if (auto wrong = reader.add(item)) {
      return invalid(fmt::format("price of '{}' '{}': {}", text_of(item, "provider"),
                                 text_of(item, "model"), *wrong));
    }
  }
  reader.index();
  return book;
}

}  // namespace sentinel::pricing
