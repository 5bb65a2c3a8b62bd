#include "services/prices/price_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/json_writer.hpp"
#include "base/log.hpp"
#include "models/metric_record.hpp"
#include "models/record_limits.hpp"
#include "pricing/bundled_prices.hpp"

namespace sentinel::prices {

namespace {

constexpr int64_t kUsdPerMillionMax = 1'000'000;
constexpr int kDecimals = 6;
constexpr int64_t kPicosPerUnit = 1'000'000;  // 1 USD per million tokens is a million pico-dollars

Task<Result<int64_t>> insert(postgres::Database& database, const Override& wanted, bool withdrawn,
                             const std::string& by) {
  const auto& rates = wanted.rates;
  auto rows = co_await database.query(
      "price_insert_user",
      postgres::Params(wanted.provider, wanted.model, wanted.match, wanted.valid_from, rates.input,
                       rates.output, rates.cache_read, rates.cache_write, rates.cache_write_1h,
                       rates.reasoning, withdrawn, by));
  if (!rows) co_return forward(rows);
  co_return rows->integer(0, 0);
}

// The provider as lookups have it.
Result<void> check(Override& wanted) {
  wanted.provider = pricing::lowered(wanted.provider);
  auto refusal = models::name_refusal("model", wanted.model, models::kNameLengthMax);
  if (!refusal && !wanted.provider.empty()) {
    refusal = models::name_refusal("provider", wanted.provider, models::kNameLengthMax);
  }
  if (refusal) return fail(ErrorCode::InvalidArgument, "field_invalid", std::move(*refusal));
  if (auto rule = pricing::MatchRule::parse(wanted.match); !rule) return forward(rule);
  return {};
}

}  // namespace

Task<Result<void>> insert_bundled(postgres::Database& database) {
  const auto version = pricing::PriceBook::bundled()->version();
  auto known = co_await database.query("price_version_known", postgres::Params(version));
  if (!known) co_return forward(known);
  if (known->boolean(0, 0)) co_return Result<void>{};
  auto inserted =
      co_await database.query("price_insert_bundled", postgres::Params(pricing::bundled_prices()));
  if (!inserted) co_return forward(inserted);
  log::info("inserted the prices of version {}", version);
  co_return Result<void>{};
}

Task<Result<std::shared_ptr<const pricing::PriceBook>>> read_book(postgres::Database& database) {
  auto rows = co_await database.query("price_book");
  if (!rows) co_return forward(rows);
  if (rows->size() == 0) co_return pricing::PriceBook::bundled();
  co_return pricing::PriceBook::parse(rows->text(0, 0));
}

Task<Result<std::shared_ptr<const pricing::PriceBook>>> BookReader::read(
    postgres::Database& database) {
  auto newest = co_await database.query("price_newest");
  if (!newest) co_return forward(newest);
  auto known = book_.load();
  if (known && known->newest() == newest->integer(0, 0)) co_return known;
  auto read = co_await read_book(database);
  if (read) book_ = *read;
  co_return read;
}

Result<Override> read_override(const OverrideTexts& texts, Timestamp now) {
  if (texts.model.empty() == texts.match.empty()) {
    return fail(ErrorCode::InvalidArgument, "model_missing",
                "say which model: model (a name) or match (a rule), and not both");
  }
  Override wanted{.provider = texts.provider,
                  .match = texts.match,
                  .model = texts.match,
                  .valid_from = std::nullopt,
                  .rates = {}};
  if (!texts.model.empty()) {
    JsonWriter rule;
    rule.begin_object().field("equals", texts.model).end_object();
    wanted.match = rule.take();
    wanted.model = texts.model;
  }
  if (!texts.from.empty()) {
    auto from = parse_time_expression(texts.from, now);
    if (!from) return forward(from);
    wanted.valid_from = *from;
  }
  auto& rates = wanted.rates;
  struct Part {
    const std::string& text;
    std::optional<int64_t>& rate;
  };
  for (const auto& [text, rate] :
       {Part{texts.input, rates.input}, Part{texts.output, rates.output},
        Part{texts.cache_read, rates.cache_read}, Part{texts.cache_write, rates.cache_write},
        Part{texts.cache_write_1h, rates.cache_write_1h}, Part{texts.reasoning, rates.reasoning}}) {
    if (text.empty()) continue;
    auto picos = parse_usd_per_million(text);
    if (!picos) return forward(picos);
    rate = *picos;
  }
  return wanted;
}

Task<Result<int64_t>> set_override(postgres::Database& database, Override wanted, std::string by) {
  if (auto checked = check(wanted); !checked) co_return forward(checked);
  if (!wanted.rates.input && !wanted.rates.output) {
    co_return fail(ErrorCode::InvalidArgument, "price_missing",
                   "say what input or output tokens cost; 0 is free");
  }
  co_return co_await insert(database, wanted, false, by);
}

Task<Result<int64_t>> withdraw_override(postgres::Database& database, Override wanted,
                                        std::string by) {
  if (auto checked = check(wanted); !checked) co_return forward(checked);
  auto held = co_await database.query("price_override_held",
                                      postgres::Params(wanted.provider, wanted.match));
  if (!held) co_return forward(held);
  if (!held->boolean(0, 0)) {
    co_return fail(ErrorCode::NotFound, "price_unknown",
                   fmt::format("there is no override of '{}' for provider '{}'; `sentinel prices "
                               "list --overrides` shows them",
                               wanted.model, wanted.provider));
  }
  wanted.rates = {};
  wanted.valid_from.reset();
  co_return co_await insert(database, wanted, true, by);
}

Result<int64_t> parse_usd_per_million(std::string_view text) {
  auto refuse = [&] {
    return fail(ErrorCode::InvalidArgument, "price_invalid",
                fmt::format("'{}' is no price: USD per million tokens, 0 to {}, with at most {} "
                            "digits behind the point",
                            text.substr(0, 40), kUsdPerMillionMax, kDecimals));
  };
  const auto point = text.find('.');
  const auto whole_text = text.substr(0, point);
  auto part_text = point == text.npos ? std::string_view{} : text.substr(point + 1);
  const bool digits =
      std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
  if (!digits || whole_text.empty() || whole_text.size() > 7 || part_text.size() > kDecimals ||
      (point != text.npos && part_text.empty()) || part_text.find('.') != part_text.npos) {
    return refuse();
  }
  int64_t whole = 0;
  std::from_chars(whole_text.data(), whole_text.data() + whole_text.size(), whole);
  std::string part(part_text);
  part.resize(kDecimals, '0');
  int64_t millionths = 0;
  std::from_chars(part.data(), part.data() + part.size(), millionths);
  const int64_t picos = whole * kPicosPerUnit + millionths;
  if (picos > kUsdPerMillionMax * kPicosPerUnit) return refuse();
  return picos;
}

std::string format_usd_per_million(int64_t picos) {
  auto text = fmt::format("{}.{:06}", picos / kPicosPerUnit, picos % kPicosPerUnit);
  text.resize(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

}  // namespace sentinel::prices
