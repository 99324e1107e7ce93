"""The review page, from the shell: serve it until Ctrl-C."""

from __future__ import annotations

import click


def run_review(folder: str, port: int = 0, *, opens_browser: bool = True) -> None:
    """Serve the page of a dataset and wait for Ctrl-C, which is how a review ends well.

    Parameters
    ----------
    folder : the dataset.
    port : of 127.0.0.1; 0 takes a free one.
    opens_browser : else the address is only printed.
    """
    import webbrowser
    from contextlib import suppress
    from threading import Event

    from audiokit.dataset.review import reviewing
    from audiokit.dataset.review_server import serving

    with reviewing(folder) as session, serving(session, port) as address, suppress(KeyboardInterrupt):
        click.echo(address)
        click.echo("Review on the page above; Ctrl-C here ends it.", err=True)
        if opens_browser:
            webbrowser.open(address)
        Event().wait()
