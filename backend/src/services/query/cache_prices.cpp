#include "services/query/cache_prices.hpp"

#include <fmt/format.h>

#include "postgres/embedded_sql.hpp"

namespace sentinel::query {

using std::chrono::days;
using std::chrono::hours;

std::vector<CachePrice> cache_prices_of(int64_t model_id, const pricing::ModelPrices& prices,
                                        TimeRange range) {
  std::vector<CachePrice> found;
  auto starts = prices.changes(range.start, range.end);
  starts.insert(starts.begin(), range.start);
  for (size_t i = 0; i < starts.size(); ++i) {
    const auto end = i + 1 < starts.size() ? starts[i + 1] : range.end;
    const auto noon = std::chrono::floor<days>(starts[i]) + hours{12};
    const auto* price = prices.at(std::max<Timestamp>(starts[i], noon));
    if (!price || !price->rates.input) continue;
    const auto& rates = price->rates;
    const auto input = *rates.input;
    const CachePrice cached{.model_id = model_id,
                            .range = {starts[i], end},
                            .read_picos = input - rates.cache_read.value_or(input),
                            .write_picos = input - rates.cache_write.value_or(input)};
    if (cached.read_picos != 0 || cached.write_picos != 0) found.push_back(cached);
  }
  return found;
}

Task<Result<std::vector<CachePrice>>> cache_prices(postgres::Connection& connection,
                                                   const pricing::PriceBook& book,
                                                   TimeRange range) {
  auto models = co_await connection.execute(postgres::query("model_list"));
  if (!models) co_return forward(models);
  std::vector<CachePrice> all;
  for (int row = 0; row < models->size(); ++row) {
    const auto prices = book.find(models->text(row, 1), models->text(row, 2));
    const auto found = cache_prices_of(models->integer(row, 0), *prices, range);
    all.insert(all.end(), found.begin(), found.end());
  }
  co_return all;
}

std::string cache_prices_sql(const std::vector<CachePrice>& prices) {
  if (prices.empty()) {
    return "SELECT 0 AS model_id, now() AS since, now() AS until, 0 AS read_picos, 0 AS "
           "write_picos WHERE false";
  }
  std::string rows;
  for (const auto& price : prices) {
    rows.append(rows.empty() ? "" : ", ")
        .append(fmt::format("({}, '{}'::timestamptz, '{}'::timestamptz, {}::bigint, {}::bigint)",
                            price.model_id, format_rfc3339(price.range.start),
                            format_rfc3339(price.range.end), price.read_picos, price.write_picos));
  }
  return fmt::format(
      "SELECT * FROM (VALUES {}) v (model_id, since, until, read_picos, write_picos)", rows);
}

}  // namespace sentinel::query
