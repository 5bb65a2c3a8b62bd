// Prices in the table: the bundled ones go in once, overrides win, a process learns of them, and
// knows them without its database.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "pricing/bundled_prices.hpp"
#include "services/ingest/prices.hpp"
#include "services/prices/price_table.hpp"
#include "support/switched_database.hpp"
#include "support/test_stack.hpp"

namespace sentinel::prices {
namespace {

using namespace sentinel::testing;

class PriceTableTest : public ::testing::Test {
 protected:
  static std::string count(std::string_view where) {
    return std::string(
        TestDatabase::shared()
            .execute(fmt::format("SELECT count(*) FROM sentinel.model_price WHERE {}", where))
            .text(0, 0));
  }
  Override for_model(int64_t input_picos, std::string provider = "") const {
    return {.provider = std::move(provider),
            .match = fmt::format(R"({{"equals":"{}"}})", model_),
            .model = model_,
            .valid_from = std::nullopt,
            .rates = {.input = input_picos, .output = input_picos}};
  }
  int64_t set(Override wanted) {
    auto row = run(set_override(database_, std::move(wanted), "test"));
    if (!row) throw std::runtime_error(row.error().message);
    return *row;
  }
  std::optional<int64_t> input_price(const pricing::PriceBook& book,
                                     std::string_view provider = "") {
    const auto* price = book.find(provider, model_)->at(now());
    return price ? price->rates.input : std::nullopt;
  }
  std::shared_ptr<const pricing::PriceBook> read() {
    auto book = run(read_book(database_));
    if (!book) throw std::runtime_error(book.error().message);
    return *book;
  }

  postgres::Database database_{TestDatabase::shared().endpoint("sentinel_db_api")};
  std::string model_ = unique_name("priced-model");
};

TEST_F(PriceTableTest, HoldsTheBundledPricesOnceHoweverManyInsertThem) {
  const auto bundled = pricing::PriceBook::bundled();
  const auto listed = count("source <> 'user'");
  EXPECT_NE(listed, "0");
  auto other_version = std::string(pricing::bundled_prices());
  const auto at = other_version.find(bundled->version());
  other_version.replace(at, bundled->version().size(), "at-once");
  auto insert = [&] {
    asio::io_context context{1};
    postgres::Database database(TestDatabase::shared().endpoint("sentinel_db_api"));
    auto first = run(context, insert_bundled(database));
    EXPECT_TRUE(first) << first.error().message;
    auto second =
        run(context, database.query("price_insert_bundled", postgres::Params(other_version)));
    EXPECT_TRUE(second) << second.error().message;
  };
  {
    std::jthread one(insert), two(insert);
  }
  EXPECT_EQ(count(fmt::format("version = '{}'", bundled->version())), listed);
  EXPECT_EQ(count("version = 'at-once'"), listed);
  // The version that was inserted last is the one in force.
  EXPECT_EQ(read()->version(), "at-once");
}

TEST_F(PriceTableTest, GivesTheBookThatWasBundled) {
  auto book = read();
  auto bundled = pricing::PriceBook::bundled();
  EXPECT_EQ(format_rfc3339(book->published()), format_rfc3339(bundled->published()));
  size_t compared = 0;
  for (const auto& entry : book->entries()) {
    if (compared == bundled->entries().size()) break;
    const auto& theirs = bundled->entries()[compared++];
    ASSERT_EQ(entry.provider + entry.model, theirs.provider + theirs.model);
    ASSERT_EQ(entry.match, theirs.match);
    ASSERT_EQ(entry.prices.size(), theirs.prices.size());
    for (size_t i = 0; i < entry.prices.size(); ++i) {
      EXPECT_EQ(entry.prices[i].valid_from, theirs.prices[i].valid_from);
      EXPECT_EQ(entry.prices[i].hours.has_value(), theirs.prices[i].hours.has_value());
      EXPECT_EQ(entry.prices[i].tiers.size(), theirs.prices[i].tiers.size());
      EXPECT_EQ(entry.prices[i].rates.input, theirs.prices[i].rates.input);
      EXPECT_EQ(entry.prices[i].rates.output, theirs.prices[i].rates.output);
      EXPECT_EQ(entry.prices[i].rates.cache_read, theirs.prices[i].rates.cache_read);
      EXPECT_EQ(entry.prices[i].rates.cache_write, theirs.prices[i].rates.cache_write);
      EXPECT_EQ(entry.prices[i].rates.cache_write_1h, theirs.prices[i].rates.cache_write_1h);
      EXPECT_EQ(entry.prices[i].rates.reasoning, theirs.prices[i].rates.reasoning);
      EXPECT_EQ(entry.prices[i].rates.request, theirs.prices[i].rates.request);
    }
  }
  EXPECT_EQ(compared, bundled->entries().size());
}

TEST_F(PriceTableTest, TakesOverridesAndTheirEnd) {
  EXPECT_EQ(input_price(*read()), std::nullopt);
  auto first = set(for_model(1000));
  EXPECT_EQ(input_price(*read()), 1000);
  const auto book = read();
  EXPECT_EQ(book->find("", model_)->at(now())->version, fmt::format("user-{}", first));
  set(for_model(2000));
  EXPECT_EQ(input_price(*read()), 2000);
  set(for_model(3000, "Azure.AI.OpenAI"));
  EXPECT_EQ(input_price(*read(), "azure"), 3000);
  EXPECT_EQ(input_price(*read()), 2000);
  ASSERT_TRUE(run(withdraw_override(database_, for_model(0), "test")));
  EXPECT_EQ(input_price(*read()), std::nullopt);
  EXPECT_EQ(input_price(*read(), "azure"), 3000);
  auto again = run(withdraw_override(database_, for_model(0), "test"));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::NotFound);
  set(for_model(4000));
  EXPECT_EQ(input_price(*read()), 4000);
}

TEST_F(PriceTableTest, TakesPricesByDate) {
  set(for_model(1000));
  auto later = for_model(5000);
  later.valid_from = now() + std::chrono::hours{1};
  set(later);
  const auto book = read();
  const auto prices = book->find("", model_);
  EXPECT_EQ(prices->at(now())->rates.input, 1000);
  EXPECT_EQ(prices->at(now() + std::chrono::hours{2})->rates.input, 5000);
}

TEST_F(PriceTableTest, RefusesAnOverrideThatSaysNothing) {
  auto nothing = for_model(1);
  nothing.rates = {};
  EXPECT_EQ(run(set_override(database_, nothing, "test")).error().reason, "price_missing");
  auto broken = for_model(1);
  broken.match = R"({"like":"x"})";
  EXPECT_EQ(run(set_override(database_, broken, "test")).error().reason, "match_invalid");
}

TEST_F(PriceTableTest, IsReadAgainWhenItHasANewerRow) {
  postgres::Database reader(TestDatabase::shared().endpoint("sentinel_metrics_api"));
  ingest::Prices prices;
  EXPECT_EQ(prices.book(), pricing::PriceBook::bundled());
  ASSERT_TRUE(run(prices.refresh(reader)));
  const auto first = prices.book();
  EXPECT_GT(first->newest(), 0);
  EXPECT_TRUE(prices.checked_at());
  ASSERT_TRUE(run(prices.refresh(reader)));
  EXPECT_EQ(prices.book(), first);
  set(for_model(7));
  ASSERT_TRUE(run(prices.refresh(reader)));
  EXPECT_EQ(input_price(*prices.book()), 7);
}

TEST_F(PriceTableTest, IsKnownWithoutTheDatabase) {
  SwitchedDatabase switched;
  TemporaryFolder folder;
  const auto file = ingest::price_file(folder.path());
  set(for_model(8));
  {
    postgres::Database reader(switched.endpoint());
    ingest::Prices prices(file);
    ASSERT_TRUE(run(prices.refresh(reader)));
  }
  switched.take_away();
  postgres::Database reader(switched.endpoint());
  ingest::Prices prices(file);
  auto away = run(prices.refresh(reader));
  ASSERT_FALSE(away);
  EXPECT_EQ(away.error().code, ErrorCode::Unavailable);
  EXPECT_EQ(input_price(*prices.book()), 8);
  EXPECT_EQ(prices.checked_at(), std::nullopt);
}

// A row that this program cannot read leaves the others in force.
TEST_F(PriceTableTest, KeepsTheOldBookWhenARowIsBroken) {
  postgres::Database reader(TestDatabase::shared().endpoint("sentinel_metrics_api"));
  ingest::Prices prices;
  ASSERT_TRUE(run(prices.refresh(reader)));
  const auto before = prices.book();
  TestDatabase::shared().execute(
      "INSERT INTO sentinel.model_price (source, model, match, input_picos, created_by) VALUES "
      "('user', 'x', "
      "'{\"like\": \"x\"}', 1, 'test')");
  auto read = run(prices.refresh(reader));
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().message, ::testing::HasSubstr("there is no rule 'like'"));
  EXPECT_EQ(prices.book(), before);
  TestDatabase::shared().execute(
      "INSERT INTO sentinel.model_price (source, model, match, withdrawn, created_by) VALUES "
      "('user', 'x', "
      "'{\"like\": \"x\"}', true, 'test')");
  EXPECT_TRUE(run(prices.refresh(reader)));
}

}  // namespace
}  // namespace sentinel::prices
