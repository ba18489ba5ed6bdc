use super::*;

fn found(files: &[(&str, &str)]) -> Vec<String> {
    routes(&Context::from_files(files.iter().copied())).into_iter().map(|found| found.path).collect()
}

fn none() -> Vec<String> {
    Vec::new()
}

#[test]
fn a_route_has_its_file_and_line() {
    let context =
        Context::from_files([("app/main.py", "app = FastAPI()\n\n@app.get(\"/health\")\nasync def health(): ...")]);
    let file = "app/main.py".to_owned();
    let application = Some(file.clone());
    assert_eq!(routes(&context), [Found { path: "/health".into(), file, line: 3, application }]);
}

#[test]
fn a_route_knows_the_application_that_serves_it() {
    let files = [
        ("main.py", "from users import router\napp = FastAPI()\napp.include_router(router)\n"),
        ("users.py", "router = APIRouter()\n@router.get('/users')\ndef a(): ...\n"),
        ("ping.py", "app = Flask(__name__)\n@app.route('/ping')\ndef a(): ...\n"),
        ("setup.py", "def setup(app):\n    @app.route('/set')\n    def a(): ...\n"),
    ];
    let context = Context::from_files(files);
    let routes = routes(&context);
    let application = |path: &str| routes.iter().find(|found| found.path == path)?.application.as_deref();
    assert_eq!(application("/users"), Some("main.py"));
    assert_eq!(application("/ping"), Some("ping.py"));
    assert_eq!(application("/set"), None);
    assert!(makes_application(&context, "main.py"));
    assert!(!makes_application(&context, "users.py"));
}

#[test]
fn flask_routes_answer_get_unless_they_name_other_methods() {
    let text = "app = Flask(__name__)\n@app.route('/a')\n@app.route('/b', methods=['POST'])\n@app.route('/c', methods=['POST', 'GET'])\n@app.route('/d/<x>')\n@app.post('/e')\n@app.route(f'/{x}')\napp.add_url_rule('/f', view_func=f)";
    assert_eq!(found(&[("app.py", text)]), ["/a", "/c", "/f"]);
}

#[test]
fn comments_client_calls_and_tests_have_no_routes() {
    assert_eq!(found(&[("a.py", "app = Flask('x')\n# @app.route('/a')\nrequests.get('/b')\napp.get('/c')")]), none());
    assert_eq!(found(&[("tests/a.py", "app = Flask('x')\n@app.route('/a')\ndef a(): ...")]), none());
    assert_eq!(found(&[("a.js", "axios.get('/b', {}); const app = express(); app.get('/c')")]), none());
}

#[test]
fn a_fastapi_router_serves_where_it_is_included() {
    let main = "from app.api import tasks, days as d\nfrom .health import router as health_router\napp = FastAPI()\napp.include_router(tasks.router)\napp.include_router(d.router, prefix=\"/v1\")\napp.include_router(health_router)";
    let files = [
        ("app/main.py", main),
        ("app/api/__init__.py", ""),
        ("app/api/days.py", "router = APIRouter()\n@router.get('/days')"),
        (
            "app/api/tasks.py",
            "router: APIRouter = APIRouter(prefix='/tasks', tags=['x'])\n@router.get('')\n@router.get('/x')",
        ),
        ("app/health.py", "router = fastapi.APIRouter()\n@router.get('/healthz')"),
    ];
    assert_eq!(found(&files), ["/v1/days", "/tasks", "/tasks/x", "/healthz"]);
}

#[test]
fn a_router_that_is_not_certain_has_no_routes() {
    let router = ("r.py", "router = APIRouter()\n@router.get('/x')");
    assert_eq!(found(&[router]), none());
    for mount in ["prefix=settings.API", "prefix=f'/{v}'", "prefix='/a' + b"] {
        let main = format!("from r import router\napp = FastAPI()\napp.include_router(router, {mount})");
        assert_eq!(found(&[router, ("main.py", &main)]), none(), "{mount}");
    }
    let twice =
        "from r import router\napp = FastAPI()\napp.include_router(router)\napp.include_router(router, prefix='/b')";
    assert_eq!(found(&[router, ("main.py", twice)]), none());
    let own = "app = FastAPI()\nrouter = APIRouter(prefix=P)\napp.include_router(router)\n@router.get('/x')";
    assert_eq!(found(&[("main.py", own)]), none());
    let circle = "a = APIRouter()\nb = APIRouter()\na.include_router(b)\nb.include_router(a)\n@a.get('/x')";
    assert_eq!(found(&[("main.py", circle)]), none());
}

#[test]
fn routers_nest_and_packages_export_them() {
    let files = [
        (
            "app/main.py",
            "from .api import (\n    api,\n)\nfrom . import probe\napp = FastAPI()\napp.include_router(api, prefix='/api')\napp.include_router(probe.router)",
        ),
        ("app/probe.py", "router = APIRouter()\n@router.get('/ready')"),
        (
            "app/api/__init__.py",
            "from .health import router as health\napi = APIRouter()\napi.include_router(health, prefix='/h')",
        ),
        ("app/api/health.py", "router = APIRouter()\n@router.get('/live')"),
    ];
    assert_eq!(found(&files), ["/api/h/live", "/ready"]);
}

#[test]
fn a_blueprint_serves_below_its_prefix_or_that_of_its_registration() {
    let main = "from views import bp, other\ndef create_app():\n    app = Flask(__name__)\n    app.register_blueprint(bp)\n    app.register_blueprint(other, url_prefix='/new')\n    return app";
    let views = "bp = Blueprint('bp', __name__, url_prefix='/bp')\nother = Blueprint('o', __name__, url_prefix='/old')\n@bp.route('/a')\n@other.get('/b')";
    assert_eq!(found(&[("app.py", main), ("views.py", views)]), ["/bp/a", "/new/b"]);
}

#[test]
fn django_routes_start_at_the_root_urls() {
    let files = [
        ("site/settings.py", "ROOT_URLCONF = 'site.urls'"),
        (
            "site/urls.py",
            "urlpatterns = [\n path('health/', health),\n path('api/', include('shop.urls')),\n path('admin/', admin.site.urls),\n]",
        ),
        ("shop/urls.py", "urlpatterns = [path('', index), path('items/<int:pk>/', item), path('list/', items)]"),
        ("lost/urls.py", "urlpatterns = [path('lost/', lost)]"),
    ];
    assert_eq!(found(&files), ["/api/", "/api/list/", "/health/"]);
}

#[test]
fn express_routers_serve_where_they_are_used() {
    let main = "const express = require('express');\nconst users = require('./routes/users');\nconst app = express();\napp.use(express.json());\napp.get('/health', (req, res) => res.send('ok'));\napp.post('/x', f);\napp.use('/users', auth, users);\napp.use('/in', require('./routes/inline'));\napp.route('/r').get(f);";
    let router = "const router = express.Router();\nrouter.get('/list', f);\nmodule.exports = router;";
    let files =
        [("index.js", main), ("routes/users.js", router), ("routes/inline.js", router), ("routes/lost.js", router)];
    assert_eq!(found(&files), ["/health", "/r", "/in/list", "/users/list"]);
}

#[test]
fn typescript_imports_name_files_with_or_without_extension() {
    let main = "import express, { Express } from 'express';\nimport health from './health.js';\nimport { api as v1 } from './api';\nconst app: Express = express();\napp.use(health);\napp.use('/v1', v1);";
    let files = [
        ("src/main.ts", main),
        ("src/health.ts", "const router = Router();\nrouter.get('/healthz', f);\nexport default router;"),
        ("src/api/index.ts", "export const api = express.Router();\napi.get(`/items`, f);\napi.get(`/${x}`, f);"),
    ];
    assert_eq!(found(&files), ["/v1/items", "/healthz"]);
}

#[test]
fn koa_and_hono_have_their_own_mounts() {
    let koa = "const app = new Koa();\nconst router = new Router({ prefix: '/api' });\nrouter.get('/a', f);\napp.use(router.routes()).use(router.allowedMethods());";
    assert_eq!(found(&[("koa.js", koa)]), ["/api/a"]);
    let hono =
        "const app = new Hono()\nconst sub = new Hono()\nsub.get('/b', f)\napp.route('/s', sub)\napp.get('/c', f)";
    assert_eq!(found(&[("hono.ts", hono)]), ["/s/b", "/c"]);
}

#[test]
fn go_has_handlers_methods_and_groups() {
    let http = "http.HandleFunc(\"/a\", f)\nmux := http.NewServeMux()\nmux.HandleFunc(\"GET /b\", f)\nmux.HandleFunc(\"POST /c\", f)\nmux.Handle(\"/d\", f)";
    assert_eq!(found(&[("main.go", http)]), ["/a", "/b", "/d"]);
    let gin = "r := gin.Default()\nr.GET(\"/ping\", f)\nr.POST(\"/x\", f)\napi := r.Group(\"/api\")\napi.GET(\"/y\", f)\nv := r.Group(p)\nv.GET(\"/z\", f)";
    assert_eq!(found(&[("main.go", gin)]), ["/ping", "/api/y"]);
    let gorilla = "r := mux.NewRouter()\nr.HandleFunc(\"/a\", f).Methods(\"POST\")\nr.HandleFunc(\"/b\", f).Methods(http.MethodGet)\ns := r.PathPrefix(\"/s\").Subrouter()\ns.HandleFunc(\"/c\", f)";
    assert_eq!(found(&[("main.go", gorilla)]), ["/b", "/s/c"]);
}

#[test]
fn a_go_router_that_is_a_part_has_no_routes() {
    let text = "func a(r *gin.RouterGroup) {\nr.GET(\"/a\", f)\n}\nfunc b(e *gin.Engine) {\ne.GET(\"/b\", f)\n}";
    assert_eq!(found(&[("a.go", text)]), ["/b"]);
    let chi = "r := chi.NewRouter()\nr.Route(\"/api\", func(r chi.Router) {\nr.Get(\"/c\", f)\n})";
    assert_eq!(found(&[("a.go", chi)]), none());
    let stripped =
        "sub := http.NewServeMux()\nsub.HandleFunc(\"/d\", f)\nhttp.Handle(\"/api/\", http.StripPrefix(\"/api\", sub))";
    assert_eq!(found(&[("a.go", stripped)]), ["/api/"]);
}

#[test]
fn annotated_classes_have_prefixes() {
    let spring = "@RestController\n@RequestMapping(\"/api\")\npublic class A {\n@GetMapping(\"/a\")\nvoid a() {}\n@PostMapping(\"/b\")\nvoid b() {}\n@GetMapping(value = \"/c\", produces = x)\nvoid c() {}\n@GetMapping\nvoid d() {}\n}\n@RestController\nclass B {\n@GetMapping(\"/e\")\nvoid e() {}\n}";
    let expected = ["/api/a", "/api/c", "/api", "/e"];
    assert_eq!(found(&[("A.java", spring)]), expected);
    let moved = ("src/main/resources/application.yml", "server:\n  servlet:\n    context-path: /x");
    assert_eq!(found(&[("A.java", spring), moved]), none());
    let nest = "@Controller('health')\nexport class H {\n@Get()\na() {}\n@Get('live')\nb() {}\n}\n@Controller(P)\nclass C {\n@Get('x')\nc() {}\n}";
    assert_eq!(found(&[("h.ts", nest)]), ["/health", "/health/live"]);
    assert_eq!(found(&[("h.ts", nest), ("main.ts", "app.setGlobalPrefix('api')")]), none());
    let symfony = "#[Route('/blog')]\nclass A {\n#[Route('/a', name: 'a', methods: ['GET'])]\npublic function a() {}\n#[Route('/b', methods: ['POST'])]\npublic function b() {}\n}";
    assert_eq!(found(&[("A.php", symfony)]), ["/blog/a"]);
}

#[test]
fn sinatra_rails_laravel_slim_and_aspnet_have_one_call_a_route() {
    let sinatra = "require 'sinatra'\nget '/health' do\n  'ok'\nend\npost '/x' do\nend\nhttp.get '/y' do\nend";
    assert_eq!(found(&[("app.rb", sinatra)]), ["/health"]);
    assert_eq!(found(&[("app.rb", sinatra), ("config.ru", "map '/x' do\nend")]), none());
    let rails = "Rails.application.routes.draw do\n  get 'up' => 'rails/health#show', as: :x\n  namespace :api do\n    get 'z', to: 'a#b'\n  end\nend";
    assert_eq!(found(&[("config/routes.rb", rails)]), ["/up"]);
    assert_eq!(
        found(&[(
            "routes/web.php",
            "Route::get('/h', f);\n$app->get('/s', f);\nRoute::prefix('x')->group(f);\nRoute::get('/t', f);"
        )]),
        ["/h", "/s"]
    );
    assert_eq!(found(&[("routes/api.php", "Route::get('/h', f);")]), none());
    assert_eq!(
        found(&[("Program.cs", "app.MapGet(\"/a\", f); app.MapHealthChecks(\"/healthz\");")]),
        ["/a", "/healthz"]
    );
}

#[test]
fn the_servers_of_the_jdk_and_of_node_have_routes() {
    let jdk = "import com.sun.net.httpserver.HttpServer;\nserver.createContext(\"/health\", exchange -> f(exchange));";
    assert_eq!(found(&[("Main.java", jdk)]), ["/health"]);
    assert_eq!(found(&[("Main.java", "pool.createContext(\"/health\", f);")]), none());
    let node = |condition: &str| {
        let text =
            format!("import http from 'node:http';\nhttp.createServer((req, res) => {{\nif ({condition}) {{}}\n}});");
        found(&[("server.js", &text)])
    };
    assert_eq!(node("req.url === '/health'"), ["/health"]);
    assert_eq!(node("req.method === 'GET' && req.url == '/health'"), ["/health"]);
    assert_eq!(node("req.url === '/' || req.url === '/health'"), ["/", "/health"]);
    for other in ["req.url !== '/health'", "req.method === 'POST' && req.url === '/x'", "ready && req.url === '/x'"] {
        assert_eq!(node(other), none(), "{other}");
    }
    let middleware = "const app = express(); http.createServer(app);\nif (req.url === '/health') return next();";
    assert_eq!(found(&[("server.js", middleware)]), none());
}

#[test]
fn long_chains_and_deep_calls_are_read() {
    let chain = format!(
        "x = {}APIRouter()\n@{}get('/x')\nfrom {}b import c",
        "a.".repeat(50_000),
        "a.".repeat(50_000),
        "a.".repeat(9_000)
    );
    assert_eq!(found(&[("a.py", &chain)]), none());
    assert_eq!(found(&[("a.py", &"include_router(".repeat(2_000))]), none());
}

#[test]
fn paths_join_with_one_slash() {
    let cases =
        [("", "", "/"), ("", "a", "/a"), ("/a", "", "/a"), ("/a/", "/b", "/a/b"), ("a", "b/", "/a/b/"), ("/", "", "/")];
    for (prefix, path, expected) in cases {
        assert_eq!(join(prefix, path), expected);
    }
}
