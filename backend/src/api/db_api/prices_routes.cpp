#include <fmt/format.h>

#include <algorithm>

#include "api/db_api/cursor.hpp"
#include "api/db_api/db_api.hpp"
#include "api/json_body.hpp"
#include "api/query_reader.hpp"
#include "base/json_writer.hpp"
#include "services/prices/price_list.hpp"

namespace sentinel::db_api {

namespace {

std::optional<std::string> usd(const std::optional<int64_t>& picos) {
  if (!picos) return std::nullopt;
  return prices::format_usd_per_million(*picos);
}

void write_rates(JsonWriter& json, const pricing::Rates& rates) {
  json.field("input", usd(rates.input))
      .field("output", usd(rates.output))
      .field("cache_read", usd(rates.cache_read))
      .field("cache_write", usd(rates.cache_write))
      .field("cache_write_1h", usd(rates.cache_write_1h))
      .field("reasoning", usd(rates.reasoning))
      .field("input_audio", usd(rates.input_audio))
      .field("requests", usd(rates.request));
}

void write_price(JsonWriter& json, std::string_view provider, std::string_view model,
                 std::string_view match, const pricing::Price& price) {
  const bool ever = price.valid_from == Timestamp::min();
  json.begin_object()
      .field("provider", provider)
      .field("model", model)
      .key("match")
      .raw(match)
      .field("from", ever ? std::nullopt : std::optional(format_rfc3339(price.valid_from)))
      .field("in_force", price.in_force(now()))
      .field("source", price.source == "user" ? "user" : "bundled")
      .field("version", price.version)
      .key("hours");
  if (price.hours) {
    json.begin_object()
        .field("from_s", price.hours->from_s)
        .field("until_s", price.hours->until_s)
        .end_object();
  } else {
    json.null();
  }
  json.key("usd_per_million").begin_object();
  write_rates(json, price.rates);
  json.end_object().key("tiers").begin_array();
  for (const auto& tier : price.tiers) {
    json.begin_object().field("above_tokens", tier.above_tokens);
    write_rates(json, tier.rates);
    json.end_object();
  }
  json.end_array().end_object();
}

Result<prices::Override> read_price(const std::string& body, bool with_rates) {
  auto fields = with_rates ? api::JsonFields::read(
                                 body, {"provider", "model", "match", "from", "input", "output",
                                        "cache_read", "cache_write", "cache_write_1h", "reasoning"})
                           : api::JsonFields::read(body, {"provider", "model", "match"});
  if (!fields) return forward(fields);
  prices::OverrideTexts texts;
  struct Part {
    std::string_view name;
    std::string& text;
  };
  for (const auto& [name, text] :
       {Part{"provider", texts.provider}, Part{"model", texts.model}, Part{"from", texts.from},
        Part{"input", texts.input}, Part{"output", texts.output},
        Part{"cache_read", texts.cache_read}, Part{"cache_write", texts.cache_write},
        Part{"cache_write_1h", texts.cache_write_1h}, Part{"reasoning", texts.reasoning}}) {
    auto sent = fields->maybe_text(name);
    if (!sent) return forward(sent);
    text = std::move(*sent).value_or("");
  }
  auto match = fields->maybe_object("match");
  if (!match) return forward(match);
  texts.match = std::move(*match).value_or("");
  return prices::read_override(texts, now());
}

}  // namespace

Task<http::Response> DbApi::list_prices(http::Request& request, const api::Identity&) {
  auto query = api::QueryReader::read(request, {"provider", "model", "source", "limit", "cursor"});
  if (!query) co_return http::problem(query.error());
  auto limit = query->integer("limit", 100, 1, 1000);
  if (!limit) co_return http::problem(limit.error());
  const auto source = query->one("source").value_or("all");
  if (source != "all" && source != "user") {
    co_return http::problem(
        Error{ErrorCode::InvalidArgument, "parameter_invalid", "source is all or user"});
  }
  auto book = co_await price_book_.read(database_);
  if (!book) co_return http::problem(book.error());
  const int64_t newest = (*book)->newest();
  int64_t place = 0;
  if (auto cursor = query->one("cursor")) {
    auto position = parse_number_cursor(*cursor);
    if (!position) co_return http::problem(position.error());
    if (position->first != newest) {
      co_return http::problem(
          Error{ErrorCode::InvalidArgument, "cursor_outdated",
                "prices changed since the page before; begin again without the cursor"});
    }
    place = position->second;
  }
  const prices::PriceFilter filter{.provider = query->one("provider").value_or(""),
                                   .model = query->one("model").value_or(""),
                                   .overrides = source == "user"};
  const auto found = prices::listed(**book, filter, now());
  const auto count = static_cast<int64_t>(found.size());
  JsonWriter json;
  json.begin_object().key("prices").begin_array();
  const int64_t end = std::min(count, place + *limit);
  for (; place < end; ++place) {
    const auto& [entry, price] = found[static_cast<size_t>(place)];
    write_price(json, entry->provider, entry->model, entry->match, *price);
  }
  std::optional<std::string> next;
  if (place < count) next = format_cursor(NumberCursor{newest, place});
  json.end_array()
      .field("version", (*book)->version())
      .field("published", format_rfc3339((*book)->published()).substr(0, 10))
      .field("next_cursor", next)
      .end_object();
  co_return http::json(200, json.take());
}

Task<http::Response> DbApi::set_price(http::Request& request, const api::Identity& identity) {
  auto wanted = read_price(request.body, true);
  if (!wanted) co_return http::problem(wanted.error());
  auto row = co_await prices::set_override(database_, *wanted, identity.caller.name);
  if (!row) co_return http::problem(row.error());
  const pricing::Price price{.rates = wanted->rates,
                             .valid_from = wanted->valid_from.value_or(Timestamp::min()),
                             .source = "user",
                             .version = fmt::format("user-{}", *row)};
  JsonWriter json;
  write_price(json, pricing::lowered(wanted->provider), wanted->model, wanted->match, price);
  co_return http::json(201, json.take());
}

Task<http::Response> DbApi::withdraw_price(http::Request& request, const api::Identity& identity) {
  auto wanted = read_price(request.body, false);
  if (!wanted) co_return http::problem(wanted.error());
  auto row =
      co_await prices::withdraw_override(database_, std::move(*wanted), identity.caller.name);
  if (!row) co_return http::problem(row.error());
  http::Response response;
  response.status = 204;
  co_return response;
}

}  // namespace sentinel::db_api
