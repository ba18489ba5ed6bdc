require_relative "app"

run LostAndFound
