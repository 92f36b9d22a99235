"""Questions and answers out of POD and reStructuredText."""

import pytest
from penstock_ml import markup

POD = """=head1 NAME

perlfaq0 - Nothing

=head1 Data: Numbers

=head2 Why is C<int()> broken?
X<int> X<rounding>

It isn't. See L<perlop/"Arithmetic"> or L<the list|perlfaq4>.

    print int(0.6/0.2-2), "\\n";

=over 4

=item *

B<Two I<words>>

=back

=head2 What is E<lt>STDINE<gt>?

A handle.

=head1 AUTHOR

Somebody
"""

RST = """:tocdepth: 2

===============
Library FAQ
===============

.. only:: html

   .. contents::

General questions
=================

How do I find a module?
-----------------------

Check :ref:`the Library Reference <library-index>` or :func:`~os.path.join`, or ``print()``; see `PyPI
<https://pypi.org>`_::

   import sys

Why?
----

Because.
"""


def test_each_head_of_a_pod_is_a_question_without_its_codes_and_index_entries():
    first, second = markup.of_pod(POD)
    assert first[0] == "Why is int() broken?"
    assert first[1] == ('It isn\'t. See perlop/"Arithmetic" or the list. print int(0.6/0.2-2), "\\n"; Two words')
    assert second == ("What is <STDIN>?", "A handle.")


def test_each_heading_with_dashes_is_a_question_and_sections_are_none():
    assert list(markup.of_rst(RST)) == [
        ("How do I find a module?", "Check the Library Reference or os.path.join, or print(); see PyPI: import sys"),
        ("Why?", "Because."),
    ]


@pytest.mark.parametrize("source", ["", "No headings at all.\n", "---\n", "=head1 NAME\n\nNothing\n"])
def test_a_text_without_questions_has_none(source):
    assert list(markup.of_pod(source)) == []
    assert list(markup.of_rst(source)) == []
