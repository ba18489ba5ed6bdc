require "fileutils"
require "sqlite3"

# The things found, in a SQLite file.
class Shelf
  def initialize(file)
    FileUtils.mkdir_p(File.dirname(file))
    @database = SQLite3::Database.new(file, results_as_hash: true)
    @database.execute(<<~SQL)
      CREATE TABLE IF NOT EXISTS things (id INTEGER PRIMARY KEY, what TEXT NOT NULL, place TEXT NOT NULL)
    SQL
  end

  def all
    @database.execute("SELECT id, what, place FROM things ORDER BY id").map { |row| row.slice("id", "what", "place") }
  end

  def add(what, place)
    @database.execute("INSERT INTO things (what, place) VALUES (?, ?)", [what, place])
    { id: @database.last_insert_row_id, what: what, place: place }
  end
end
