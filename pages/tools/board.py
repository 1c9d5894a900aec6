"""A class's board: opened under a rule, shared by a link, ranked as the pupils' runs end."""

import streamlit as st

from pages._ui import classroom, say

say.lesson("board")
words = say.words()
board = classroom.linked()
if board is None:
    if st.query_params.get("board"):
        st.warning(words("board.gone"), icon=":material/link_off:")
    classroom.open_one()
else:
    st.markdown(f"**{words('board.rule')}** {classroom.sentence(board.rule, words)}")
    classroom.take_part(board, words)
    left, right = st.columns((1, 2))
    with left:
        classroom.invite(board, words)
    with right:
        classroom.ranking(board)
    classroom.keep_order(board, words)
