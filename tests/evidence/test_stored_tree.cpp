#include "proxy/evidence/stored_tree.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "tests/evidence/log.hpp"

using namespace proxy;
using namespace tests;

namespace {

Hash leaf(std::uint64_t i) {
  return leaf_hash(std::to_string(i));
}

Hash naive_root(std::uint64_t first, std::uint64_t size) {
  CompactRange range;
  for (std::uint64_t i = 0; i < size; ++i) range.append(leaf(first + i));
  return range.root();
}

void grow(StoredTree& tree, std::uint64_t to) {
  while (tree.size() < to) tree.append(leaf(tree.size()));
}

// A tree of `size` leaves in files, as a run that then ended left it.
void make(const TemporaryDirectory& folder, std::uint64_t size) {
  StoredTree tree(folder.path(), StoredTree::Access::append);
  grow(tree, size);
  REQUIRE_FALSE(tree.write());
  REQUIRE_FALSE(tree.sync());
}

}  // namespace

TEST_CASE("a level has the nodes eight heights above the one before, 32 bytes each") {
  const TemporaryDirectory folder;
  constexpr std::uint64_t size = 70'000;  // the lowest that needs three levels is 65,536
  make(folder, size);
  CHECK(std::filesystem::file_size(folder.path() / "tree-0") == size * 32);
  CHECK(std::filesystem::file_size(folder.path() / "tree-1") == size / 256 * 32);
  CHECK(std::filesystem::file_size(folder.path() / "tree-2") == 32);
  CHECK_FALSE(std::filesystem::exists(folder.path() / "tree-3"));

  const StoredTree tree(folder.path(), StoredTree::Access::read);
  CHECK(tree.stored() == size);
  CHECK(tree.node(0, 0) == leaf(0));
  CHECK(tree.node(0, size - 1) == leaf(size - 1));
  CHECK(tree.node(16, 0) == naive_root(0, 65'536));
  for (const unsigned height : {1U, 7U, 8U, 9U, 13U}) {
    const auto count = std::uint64_t{1} << height;
    CAPTURE(height);
    CHECK(tree.node(height, 3) == naive_root(3 * count, count));
  }
  CHECK(tree.read(1, 270, 10).size() == 3);
  CHECK(tree.read(1, 270, 10)[0] == naive_root(std::uint64_t{270} * 256, 256));
  CHECK(tree.read(7, 0, 1).empty());
  CHECK(root_of(size, tree.nodes()) == naive_root(0, size));
}

TEST_CASE("a tree that is cut anywhere goes on as if what was cut had never been") {
  for (const auto at : {0U, 1U, 255U, 256U, 257U, 511U, 512U, 700U}) {
    CAPTURE(at);
    const TemporaryDirectory folder;
    make(folder, 700);
    {
      StoredTree tree(folder.path(), StoredTree::Access::append);
      tree.cut(at);
      CHECK(tree.size() == at);
      CHECK(tree.root() == naive_root(0, at));
      while (tree.size() < 1000) tree.append(leaf(5 + tree.size()));
      REQUIRE_FALSE(tree.write());
    }
    const StoredTree tree(folder.path(), StoredTree::Access::read);
    CHECK(tree.stored() == 1000);
    for (std::uint64_t i = 0; i < 1000; ++i) REQUIRE(tree.node(0, i) == leaf(i < at ? i : i + 5));
    for (std::uint64_t i = 0; i < 3; ++i) {
      CompactRange range;
      for (std::uint64_t j = 256 * i; j < 256 * (i + 1); ++j) range.append(tree.node(0, j));
      REQUIRE(tree.node(8, i) == range.root());
    }
  }
}

TEST_CASE("files that end too early are an error with the file's name, whatever byte they end at") {
  const TemporaryDirectory folder;
  make(folder, 600);
  std::filesystem::resize_file(folder.path() / "tree-1", 33);
  StoredTree tree(folder.path(), StoredTree::Access::append);
  CHECK(tree.node(8, 0) == naive_root(0, 256));
  CHECK(message_of([&] { (void)tree.node(8, 1); }).find("tree-1") != std::string::npos);
  CHECK(message_of([&] { tree.cut(600); }).find("tree-1") != std::string::npos);
  const TemporaryDirectory none;
  const StoredTree empty(none.path(), StoredTree::Access::read);
  CHECK(empty.stored() == 0);
  CHECK(message_of([&] { (void)empty.node(0, 0); }).find("tree-0") != std::string::npos);
}

TEST_CASE("a disk that takes some bytes and then none loses and doubles nothing") {
  std::mt19937 random(3);
  for (int run = 0; run < 30; ++run) {
    const TemporaryDirectory folder;
    std::size_t room = 0;
    {
      StoredTree tree(folder.path(), StoredTree::Access::append,
                      [&](int file, const char* bytes, std::size_t size) -> ssize_t {
                        const auto some = std::min<std::size_t>(size, room);
                        room -= some;
                        errno = ENOSPC;
                        return some == 0 ? -1 : ::write(file, bytes, some);
                      });
      while (tree.size() < 800) {
        grow(tree, tree.size() + random() % 50);
        room = random() % 2000;
        (void)tree.write();
      }
      room = 0;
      grow(tree, tree.size() + 1);
      CHECK(tree.write() == std::errc::no_space_on_device);
      room = 1'000'000;
      CHECK_FALSE(tree.write());
    }
    const StoredTree tree(folder.path(), StoredTree::Access::read);
    const auto size = tree.stored();
    REQUIRE(size > 800);
    REQUIRE(root_of(size, tree.nodes()) == naive_root(0, size));
    REQUIRE(std::filesystem::file_size(folder.path() / "tree-1") == size / 256 * 32);
  }
}

TEST_CASE("a file that was removed, or has another in its place, is missing until it is back") {
  for (const bool replaced : {false, true}) {
    CAPTURE(replaced);
    const TemporaryDirectory folder;
    make(folder, 300);
    StoredTree tree(folder.path(), StoredTree::Access::append);
    tree.cut(300);
    const auto file = folder.path() / "tree-1";
    std::filesystem::rename(file, folder.path() / "away");
    if (replaced) (void)folder.write("tree-1", read_file(folder.path() / "away"));
    grow(tree, 301);  // and nothing comes for that level
    REQUIRE_FALSE(tree.write());
    const auto error = tree.missing();
    CHECK(error == std::errc::no_such_file_or_directory);
    CHECK(error.message().find("tree-1 was removed") != std::string::npos);
    std::filesystem::rename(folder.path() / "away", file);
    CHECK_FALSE(tree.missing());
  }
}

// Former bug: after a failed fdatasync the next one has nothing to do, and says that all is well.
TEST_CASE("what could not be made durable is written once more before that is tried again") {
  const TemporaryDirectory folder;
  make(folder, 3);
  bool fails = true;
  const timespec long_ago[2] = {{.tv_sec = 1, .tv_nsec = 0}, {.tv_sec = 1, .tv_nsec = 0}};
  const auto written_since = [](int file) {
    struct stat status{};
    REQUIRE(::fstat(file, &status) == 0);
    return status.st_mtim.tv_sec != 1;
  };
  StoredTree tree(folder.path(), StoredTree::Access::append, ::write, [&](int file) {
    CHECK(written_since(file));
    if (!fails) return ::fdatasync(file);
    REQUIRE(::futimens(file, long_ago) == 0);
    errno = EIO;
    return -1;
  });
  tree.cut(3);
  grow(tree, 10);
  REQUIRE_FALSE(tree.write());
  CHECK(tree.sync() == std::errc::io_error);
  CHECK(tree.sync() == std::errc::io_error);
  fails = false;
  CHECK_FALSE(tree.sync());
  CHECK(std::filesystem::file_size(folder.path() / "tree-0") == 10 * 32);
  for (std::uint64_t i = 0; i < 10; ++i) CHECK(tree.node(0, i) == leaf(i));
}
