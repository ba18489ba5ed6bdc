<?php

declare(strict_types=1);

use Postcards\Application;
use Postcards\Wall;

require __DIR__ . '/../vendor/autoload.php';

$wall = new Wall(getenv('WALL_DIR') ?: __DIR__ . '/../storage');
$response = (new Application($wall))->handle(
    $_SERVER['REQUEST_METHOD'],
    parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH) ?: '/',
    file_get_contents('php://input') ?: '',
);

http_response_code($response->status);
header("Content-Type: {$response->type}; charset=utf-8");
echo $response->body;
