"""The pages themselves: a notebook each, executed in a kernel of its own for whoever opens it."""

from typing import Any

from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_path_join
from tornado import web
from voila.tornado.handler import TornadoVoilaHandler

STUDIO = "studio.ipynb"
PROMPT_LAB = "prompt_lab.ipynb"
ADDRESSES = {"": STUDIO, "prompt-lab": PROMPT_LAB}


class PageHandler(TornadoVoilaHandler):  # type: ignore[misc]  # Voilà ships no types
    """Show one notebook as a page, by a warm kernel where there is one."""

    @web.authenticated
    async def get(self) -> None:
        """Send the page as it is made; a token in the address is first taken out of it."""
        if self.get_query_argument("token", ""):
            # Logged in by now. In the address it would stay in the browser's history, and reach the kernel.
            self.redirect(self.request.path)
            return
        _ = self.xsrf_token  # sets the cookie by which the page may say that it was closed
        async for html in self.get_generator():
            self.write(html)
            await self.flush()
        self.kernel_manager.fill_if_needed(notebook_name=self.notebook_path)

    def should_use_rendered_notebook(self, *_: Any) -> bool:
        """Whether a page is warm; where none is, a cold one shows at least that it starts."""
        return bool(self.kernel_manager.ready(self.notebook_path))

    @property
    def content_security_policy(self) -> str:
        """Let the page ask this server alone, whatever text finds its way into it."""
        here = self.request.host
        return (
            "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; "
            f"connect-src 'self' ws://{here} wss://{here} data: blob:; "
            "frame-ancestors 'self'; object-src 'none'; base-uri 'self'; form-action 'self'"
        )


class NoSuchPage(JupyterHandler):
    """Answer for all other addresses."""

    async def prepare(self) -> None:  # type: ignore[override]  # the base is a coroutine that claims otherwise
        """Refuse, logged in or not."""
        await super().prepare(_redirect_to_login=False)
        raise web.HTTPError(404)


def routes(base_url: str, common: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Where a server answers for pages, and for what is none; ``common`` is what Voilà's handlers take."""
    pages = [
        (f"{url_path_join(base_url, address)}/?", PageHandler, {**common, "notebook_path": notebook})
        for address, notebook in ADDRESSES.items()
    ]
    return [*pages, (r".*", NoSuchPage)]
