<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Postcards</title>
  </head>
  <body>
    <?php foreach ($cards as $card): ?>
    <figure>
      <?= htmlspecialchars($card['text']) ?>

      <figcaption><?= htmlspecialchars($card['place']) ?></figcaption>
    </figure>
    <?php endforeach ?>
  </body>
</html>
