<?php

declare(strict_types=1);

namespace Postcards;

use Collator;
use PDO;

/** The postcards, in a SQLite file. */
final class Wall
{
    private readonly PDO $database;

    public function __construct(string $directory)
    {
        if (!is_dir($directory)) {
            mkdir($directory, 0775, true);
        }
        $this->database = new PDO("sqlite:$directory/wall.sqlite", options: [
            PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_ASSOC,
        ]);
        $this->database->exec('CREATE TABLE IF NOT EXISTS cards (place TEXT NOT NULL, text TEXT NOT NULL)');
    }

    /** @return list<array{place: string, text: string}> in the order of an atlas */
    public function cards(): array
    {
        $cards = $this->database->query('SELECT place, text FROM cards')->fetchAll();
        $collator = new Collator('en');
        usort($cards, fn (array $a, array $b) => $collator->compare($a['place'], $b['place']));

        return $cards;
    }

    /** @return array{place: string, text: string} */
    public function pin(string $place, string $text): array
    {
        $card = ['place' => $place, 'text' => $text];
        $this->database->prepare('INSERT INTO cards VALUES (:place, :text)')->execute($card);

        return $card;
    }
}
