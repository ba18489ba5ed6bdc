<?php

declare(strict_types=1);

namespace Postcards;

final class Response
{
    public function __construct(
        public readonly int $status,
        public readonly string $body,
        public readonly string $type = 'application/json',
    ) {
    }

    public static function json(int $status, mixed $value): self
    {
        return new self($status, json_encode($value, JSON_THROW_ON_ERROR | JSON_UNESCAPED_UNICODE) . "\n");
    }
}
