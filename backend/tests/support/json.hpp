// JSON as a small tree, for assertions. Stricter than need be: a repeated member is an error.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sentinel::testing {

class Json {
 public:
  enum class Type { Null, Boolean, Integer, Number, Text, Array, Object };

  // Throws std::runtime_error when the text is not JSON.
  static Json parse(std::string_view text);

  Type type() const { return type_; }
  bool is_null() const { return type_ == Type::Null; }
  bool is_object() const { return type_ == Type::Object; }
  bool is_array() const { return type_ == Type::Array; }
  bool is_number() const { return type_ == Type::Integer || type_ == Type::Number; }

  // These throw std::runtime_error when the value is of another type, or there is no such member.
  bool boolean() const;
  int64_t integer() const;
  double number() const;
  const std::string& text() const;
  const Json& operator[](std::string_view name) const;
  const Json& operator[](size_t index) const;

  bool has(std::string_view name) const { return find(name) != nullptr; }
  const Json* find(std::string_view name) const;
  size_t size() const { return type_ == Type::Object ? members_.size() : items_.size(); }
  const std::vector<Json>& items() const { return items_; }
  const std::vector<std::pair<std::string, Json>>& members() const { return members_; }

  // As JSON again, without spaces.
  std::string dump() const;

 private:
  friend class JsonReader;
  void require(bool right, std::string_view wanted) const;

  Type type_ = Type::Null;
  bool boolean_ = false;
  int64_t integer_ = 0;
  double number_ = 0;
  std::string text_;
  std::vector<Json> items_;
  std::vector<std::pair<std::string, Json>> members_;
};

}  // namespace sentinel::testing
