import 'element-plus/es/components/base/style/css'
import 'element-plus/es/components/alert/style/css'
import 'element-plus/es/components/button/style/css'
import 'element-plus/es/components/dialog/style/css'
import 'element-plus/es/components/input/style/css'
import 'element-plus/es/components/notification/style/css'
import 'element-plus/es/components/progress/style/css'
import 'element-plus/es/components/tag/style/css'
import 'element-plus/theme-chalk/dark/css-vars.css'
import './style/theme.css'
import './style/layout.css'
import './style/parts.css'
import './style/document.css'
import './style/map.css'
import { createApp } from 'vue'
import App from './App.vue'
import { router } from './router.ts'
import { recognise, startClock } from './station.ts'

startClock()
void recognise()
createApp(App).use(router).mount('#console')
