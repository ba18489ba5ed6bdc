ENV["DATABASE"] = ":memory:"

require "minitest/autorun"
require "rack/test"

require_relative "../app"

class AppTest < Minitest::Test
  include Rack::Test::Methods

  def app = LostAndFound

  def test_a_found_thing_is_listed
    post "/things", { what: "Umbrella", where: "Reading room" }.to_json
    assert_equal 201, last_response.status
    get "/"
    assert_includes last_response.body, "Umbrella, Reading room"
  end
end
