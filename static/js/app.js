// Starts every part once; each part listens on the document, so swapped-in markup needs no second start.
import { startTheme } from "./theme.js";
import { startMenus } from "./menus.js";
import { startGrid } from "./grid.js";
import { startKeys } from "./keys.js";
import { startSelection } from "./selection.js";
import { startPeek } from "./peek.js";
import { startPalette } from "./palette.js";
import { startFocus } from "./focus.js";
import { startForms } from "./forms.js";
import { startChoices } from "./choices.js";
import { startPlacing } from "./placing.js";
import { startCash } from "./cash.js";
import { startFinding } from "./finding.js";

for (const start of [startTheme, startMenus, startSelection, startPeek, startPalette, startForms, startChoices, startPlacing, startCash, startFinding, startKeys, startGrid, startFocus]) start();
