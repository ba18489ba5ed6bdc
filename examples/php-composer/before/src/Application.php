<?php

declare(strict_types=1);

namespace Postcards;

final class Application
{
    public function __construct(private readonly Wall $wall)
    {
    }

    public function handle(string $method, string $path, string $body): Response
    {
        return match ("$method $path") {
            'GET /health' => Response::json(200, ['status' => 'ok']),
            'GET /' => $this->page(),
            'GET /cards' => Response::json(200, $this->wall->cards()),
            'POST /cards' => $this->pin($body),
            default => Response::json(404, ['error' => 'no such page']),
        };
    }

    private function page(): Response
    {
        $cards = $this->wall->cards();
        ob_start();
        require __DIR__ . '/../templates/wall.php';

        return new Response(200, (string) ob_get_clean(), 'text/html');
    }

    private function pin(string $body): Response
    {
        $card = json_decode($body, true);
        if (!is_string($card['from'] ?? null) || !is_string($card['text'] ?? null)) {
            return Response::json(400, ['error' => 'a card has a place and a text']);
        }

        return Response::json(201, $this->wall->pin($card['from'], $card['text']));
    }
}
