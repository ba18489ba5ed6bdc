require "json"
require "sinatra/base"

require_relative "lib/shelf"

# What was left behind in the library, and where it was found.
class LostAndFound < Sinatra::Base
  set :shelf, Shelf.new(ENV.fetch("DATABASE", "db/shelf.sqlite3"))

  get "/up" do
    content_type :text
    "ok\n"
  end

  get "/" do
    erb :index, locals: { things: settings.shelf.all }
  end

  get "/things" do
    content_type :json
    settings.shelf.all.to_json
  end

  post "/things" do
    content_type :json
    thing = JSON.parse(request.body.read)
    halt 400, { error: "what was found, and where?" }.to_json unless thing["what"] && thing["where"]
    status 201
    settings.shelf.add(thing["what"], thing["where"]).to_json
  end
end
