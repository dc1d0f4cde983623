#include "proxy/read_file.hpp"

#include <doctest/doctest.h>

#include "tests/support/temporary_directory.hpp"

using namespace proxy;

TEST_CASE("a file is read whole up to the cap, and not a byte beyond") {
  const tests::TemporaryDirectory directory;
  const std::string text = std::string(4095, 'a') + '\0' + std::string(5000, 'b');
  const auto file = directory.write("x", text);
  const FileText whole = read_file(file, text.size());
  CHECK(whole.fault.empty());
  CHECK(whole.text == text);
  CHECK(read_file(file, text.size() - 1).fault == "longer than 9095 bytes");
  const FileText empty = read_file(directory.write("empty", ""), 0);
  CHECK(empty.fault.empty());
  CHECK(empty.text.empty());
}

TEST_CASE("what is no file says why") {
  const tests::TemporaryDirectory directory;
  const auto file = directory.write("x", "x");
  CHECK(read_file(directory.path(), 10).fault == "Is a directory");
  CHECK(read_file(directory.path() / "none", 10).fault == "No such file or directory");
  CHECK(read_file(file / "below", 10).fault == "Not a directory");
  CHECK(read_file("", 10).fault == "No such file or directory");
}
