"""The form that keeps the filter of a list as a view."""

from wtforms import BooleanField, HiddenField, StringField
from wtforms.validators import InputRequired

from app.web.forms import BaseForm


class ViewForm(BaseForm):
    place = HiddenField()
    query = HiddenField()
    face = HiddenField()  # the page it was saved on, where a list has more than one
    name = StringField("Name", [InputRequired("Give the view a name.")])
    is_shared = BooleanField("Share it", description="Everybody who may see this list sees the view.")
    is_start = BooleanField("Begin with it", description="You land here after signing in.")
