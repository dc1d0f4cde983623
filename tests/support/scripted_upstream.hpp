// ScriptedUpstream: an upstream that does, byte for byte, what a test's script says: one plain
// blocking socket and one thread a connection, no HTTP library between. It keeps what it received.
// A forbidden one fails the test when anything reaches it. Owned by the test, declared before the
// gateway, so that it outlives it. Every wait ends when the upstream goes.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace tests {

class ScriptedUpstream {
 public:
  // One accepted connection, in the hands of the script. What was sent to it is read from it by
  // nothing else. It closes when the script returns.
  class Peer {
   public:
    Peer(ScriptedUpstream& owner, int descriptor, std::size_t number)
        : owner_(owner), descriptor_(descriptor), number_(number) {}
    ~Peer();
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;

    std::size_t number() const { return number_; }  // of the connection, from 1
    // The next whole request as it came, head and body, which also goes into `requests`; empty
    // where the gateway closes before its end.
    std::string request();
    // The next head alone; its body is left to read_some.
    std::string head();
    std::string read_some();  // what has come; empty at the end of the stream
    // False where the gateway has gone.
    bool send(std::string_view bytes);
    void reset();  // RST: ends the connection with nothing said
    void finish_sending();
    void wait_for_end();  // reads and forgets until the gateway closes

   private:
    bool fill();                                          // false at the end of the stream
    std::size_t whole_body(std::size_t head_size) const;  // bytes with the head; 0: more to come

    ScriptedUpstream& owner_;
    int descriptor_;
    std::size_t number_;
    std::string input_;
  };
  using Script = std::function<void(Peer&)>;
  struct Forbidden {};

  explicit ScriptedUpstream(Script script) : ScriptedUpstream(std::move(script), "127.0.0.1", 0) {}
  // On another address of loopback; port 0 lets the system choose.
  ScriptedUpstream(Script script, std::string address, std::uint16_t port);
  // Whatever connects fails the test, at the latest when this goes.
  explicit ScriptedUpstream(Forbidden forbidden);
  ~ScriptedUpstream();
  ScriptedUpstream(const ScriptedUpstream&) = delete;
  ScriptedUpstream& operator=(const ScriptedUpstream&) = delete;

  std::uint16_t port() const { return port_; }
  std::string address() const { return address_ + ":" + std::to_string(port_); }
  std::string url() const { return "http://" + address(); }
  std::vector<std::string> requests() const;  // whole ones, as they came
  std::size_t connections() const;            // accepted so far
  std::size_t bytes() const;                  // received, of whatever kind
  // Until that many whole requests have come; throws where they don't.
  void wait_for_requests(std::size_t count) const;
  void stop_listening();  // further connections are refused

  // Scripts. Answers each request with `answer`, for as long as the gateway keeps the connection.
  static Script always(std::string answer);
  // Answers a connection's first request with `answer`, then closes.
  static Script once(std::string answer);
  static std::string ok(std::string_view body = "{}");

 private:
  struct Gone {};  // thrown through a script when the upstream goes

  void listen();
  void accept_all();
  void run(int descriptor, std::size_t number);
  void wait_for(int descriptor, short event) const;  // throws Gone

  Script script_;
  bool forbidden_ = false;
  std::string address_ = "127.0.0.1";
  int listener_ = -1;
  int stop_ = -1;  // an eventfd, readable from when everything has to end
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::size_t connections_ = 0;
  std::size_t bytes_ = 0;
  std::vector<std::string> requests_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

// Where a script waits until the test lets it go on. Once open it stays open.
class Gate {
 public:
  void open();
  // False where it stays shut: a test that has failed must end.
  bool wait(std::chrono::milliseconds within = std::chrono::seconds(20));

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

}  // namespace tests
